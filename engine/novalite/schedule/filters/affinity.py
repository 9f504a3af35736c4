# SPDX-License-Identifier: GPL-3.0-or-later
"""ServerGroupAffinityFilter: the group has no host yet, or this is one of its hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from novalite.model.server_group import AFFINITY

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "ServerGroupAffinityFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether the group keeps its members together."""
    return request.group is not None and request.group.policy == AFFINITY


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts of the group, or all while it has none."""
    rows = list(table.members_of(request))
    if not rows:
        return np.ones(len(table), dtype=np.bool_)
    found = np.zeros(len(table), dtype=np.bool_)
    found[rows] = True
    return found


def why(table: HostTable, request: Request, row: int) -> str:
    """Return where the group is."""
    rows = sorted(table.members_of(request))
    if not rows:
        return "the group has no host yet"
    return f"the group is on {', '.join(table.names[other] for other in rows)}, this is {table.names[row]}"
