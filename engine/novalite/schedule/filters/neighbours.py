# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the instances live that hints name: for DifferentHostFilter and SameHostFilter. Not a filter itself.

Names are of instances of the same project, or UUIDs of any instance. Those that were placed earlier in the same batch
count (Nova knows UUIDs only, and what exists already).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

_MEMO = "neighbours"


def holders(table: HostTable, request: Request, hint: str) -> Mask:
    """Return the hosts on which any of the instances is that a hint names."""
    wanted = request.shape.hint(hint)
    found = np.zeros(len(table), dtype=np.bool_)
    for name in wanted:
        found[_rows_by_name(table, request.shape.project).get(name, [])] = True
        found[_rows_by_uuid(table).get(name, [])] = True
    for row, newcomers in table.newcomers.items():
        if any(_is_named(one, request, wanted) for one in newcomers):
            found[row] = True
    return found


def named(table: HostTable, request: Request, hint: str, row: int) -> list[str]:
    """Return those of the names in a hint whose instances are on one host, in the order of the hint."""
    wanted, project = request.shape.hint(hint), request.shape.project
    there = {
        text for one in table.hosts[row].residents if _is_of(one.project, project) for text in (one.name, one.uuid)
    }
    there |= {one.uuid for one in table.hosts[row].residents}
    there |= {
        text for one in table.newcomers.get(row, []) if _is_named(one, request, wanted) for text in (one.name, one.uuid)
    }
    return [name for name in wanted if name in there]


def _is_named(newcomer: Request, request: Request, wanted: tuple[str, ...]) -> bool:
    same = newcomer.shape.project == request.shape.project
    return (same and newcomer.name in wanted) or bool(newcomer.uuid and newcomer.uuid in wanted)


def _is_of(holder: str | None, project: str) -> bool:
    """Tell whether a name of one project may mean a resident; without a project on either side it does."""
    return holder is not None and (not holder or not project or holder == project)


def _rows_by_name(table: HostTable, project: str) -> dict[str, list[int]]:
    known: dict[str, list[int]] | None = table.memo.get((_MEMO, project))
    if known is None:
        known = table.memo[_MEMO, project] = {}
        for row, host in enumerate(table.hosts):
            for resident in host.residents:
                if _is_of(resident.project, project):
                    known.setdefault(resident.name, []).append(row)
    return known


def _rows_by_uuid(table: HostTable) -> dict[str, list[int]]:
    known: dict[str, list[int]] | None = table.memo.get(_MEMO)
    if known is None:
        known = table.memo[_MEMO] = {}
        for row, host in enumerate(table.hosts):
            for resident in host.residents:
                if resident.uuid:
                    known.setdefault(resident.uuid, []).append(row)
    return known
