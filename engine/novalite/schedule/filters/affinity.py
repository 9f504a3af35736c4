# SPDX-License-Identifier: GPL-3.0-or-later
"""ServerGroupAffinityFilter: the group has no host yet, or this is one of its hosts.

A group that lives on a host which is not looked at (it is unknown, or left out) draws its members there: nowhere else.
Source: nova/scheduler/filters/affinity_filter.py.
"""

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
    rows = _rows(table, request)
    if not rows and not _elsewhere(table, request):
        return np.ones(len(table), dtype=np.bool_)
    found = np.zeros(len(table), dtype=np.bool_)
    found[rows] = True
    return found


def why(table: HostTable, request: Request, row: int) -> str:
    """Return where the group is."""
    hosts = [table.names[other] for other in _rows(table, request)] + _elsewhere(table, request)
    if not hosts:
        return "the group has no host yet"
    return f"the group is on {', '.join(hosts)}, this is {table.names[row]}"


def _rows(table: HostTable, request: Request) -> list[int]:
    return sorted(row for row, count in table.members_of(request).items() if count > 0)


def _elsewhere(table: HostTable, request: Request) -> list[str]:
    return table.members_elsewhere.get(request.group.name, []) if request.group is not None else []
