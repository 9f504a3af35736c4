# SPDX-License-Identifier: GPL-3.0-or-later
"""ServerGroupAntiAffinityFilter: fewer than ``max_server_per_host`` members of the group are on the host.

The host on which the instance itself is already passes, however many are there: nothing would change.
Source: nova/scheduler/filters/affinity_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from novalite.model.server_group import ANTI_AFFINITY

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "ServerGroupAntiAffinityFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether the group keeps its members apart."""
    return request.group is not None and request.group.policy == ANTI_AFFINITY


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts that are not full of members."""
    found = np.ones(len(table), dtype=np.bool_)
    rows = full_rows(table, request)
    if rows:
        found[rows] = False
        for row in rows if request.uuid else ():
            found[row] = _is_there(table, request, row)
    return found


def why(table: HostTable, request: Request, row: int) -> str:
    """Return how many members are there and how many may be."""
    limit = request.group.max_server_per_host if request.group else 1
    own = ", and the instance itself is one" if _is_there(table, request, row) else ""
    return f"holds {table.members_of(request).get(row, 0)} of the group, at most {limit}{own}"


def full_rows(table: HostTable, request: Request) -> list[int]:
    """Return the rows that hold as many members as they may."""
    limit = request.group.max_server_per_host if request.group else 1
    return [row for row, count in table.members_of(request).items() if count >= limit]


def _is_there(table: HostTable, request: Request, row: int) -> bool:
    return (
        bool(request.uuid)
        and request.uuid not in table.gone
        and any(resident.uuid == request.uuid for resident in table.hosts[row].residents)
    )
