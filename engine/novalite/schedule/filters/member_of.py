# SPDX-License-Identifier: GPL-3.0-or-later
"""MemberOfFilter: the host is in the aggregates asked, and in none of those forbidden (Placement's ``member_of``).

A host speaks for all that is in it. It speaks for the storage it shares as well: Placement wants a sharing provider to
be in the aggregates itself, so that a tenant's aggregate would have to name the storage too; that is not copied.
Source: placement/objects/research_context.py, get_trees_matching_all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "MemberOfFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether any aggregate is asked or forbidden."""
    return bool(request.shape.member_of or request.shape.not_member_of)


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts that are in one aggregate of each set, and in none that is forbidden."""
    found = np.ones(len(table), dtype=np.bool_)
    for names in request.shape.member_of:
        found &= _inside(table, names)
    if request.shape.not_member_of:
        found &= ~_inside(table, request.shape.not_member_of)
    return found


def why(table: HostTable, request: Request, row: int) -> str:
    """Return the aggregates asked, those forbidden, and the host's own."""
    own = [aggregate.name for aggregate in table.aggregates_of(row)]
    asked = [" or ".join(sorted(names)) or "none that exists" for names in request.shape.member_of]
    parts = [f"asked {' and '.join(asked)}"] if asked else []
    if request.shape.not_member_of:
        parts.append(f"forbidden {', '.join(sorted(request.shape.not_member_of))}")
    return f"{'; '.join(parts)}; the host is in {', '.join(own) or 'no aggregate'}"


def _inside(table: HostTable, names: Iterable[str]) -> Mask:
    wanted = frozenset(names)
    found = np.zeros(len(table), dtype=np.bool_)
    for aggregate in table.aggregates:
        if aggregate.name in wanted:
            found[[table.rows[host] for host in aggregate.hosts if host in table.rows]] = True
    return found
