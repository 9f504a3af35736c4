# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts their aggregates' metadata speak of: for the filters that read it. Not a filter itself.

A value is a comma list; the values of all aggregates of a host are one set. Source: nova/scheduler/filters/utils.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.schedule.table import HostTable, Mask


def rows_with(table: HostTable, kind: str, key: str, holds: Callable[[str, list[str]], bool]) -> Mask:
    """Return the hosts with any aggregate of which a metadata key and its values hold; asked once for kind and key."""
    known: Mask | None = table.memo.get((kind, key))
    if known is None:
        known = table.memo[kind, key] = np.zeros(len(table), dtype=np.bool_)
        for aggregate in table.aggregates:
            if any(holds(name, parts(value)) for name, value in aggregate.metadata.items()):
                known[[table.rows[host] for host in aggregate.hosts if host in table.rows]] = True
    return known


def parts(value: str) -> list[str]:
    """Return the values of a comma list; an empty text is one empty value (as in Nova)."""
    return [part.strip() for part in value.split(",")]


def shown(table: HostTable, row: int, keys: set[str]) -> str:
    """Return what a host's aggregates say under some keys, for people."""
    said = {f"{key}={one.metadata[key]}" for one in table.aggregates_of(row) for key in keys & one.metadata.keys()}
    return ", ".join(sorted(said)) or "nothing of it"
