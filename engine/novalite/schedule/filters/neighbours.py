# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the instances live that hints name: for DifferentHostFilter and SameHostFilter. Not a filter itself.

Names are of instances of the same project, or UUIDs of any instance. Those that were placed earlier in the same batch
count (Nova knows UUIDs only, and what exists already).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.host import Resident
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

_MEMO = "neighbours"


def holders(table: HostTable, request: Request, hint: str) -> Mask:
    """Return the hosts on which any of the instances is that a hint names."""
    wanted, project = request.shape.hint(hint), request.shape.project
    known = _known(table, project)
    found = np.zeros(len(table), dtype=np.bool_)
    for name in wanted:
        for row, uuid in known.get(name, ()):
            found[row] |= uuid not in table.gone
    for row, newcomers in table.newcomers.items():
        if any(name in wanted for one in newcomers for name in _names_of_newcomer(one, project)):
            found[row] = True
    return found


def named(table: HostTable, request: Request, hint: str, row: int) -> list[str]:
    """Return those of the names in a hint whose instances are on one host, in the order of the hint."""
    project = request.shape.project
    there = {name for one in table.newcomers.get(row, ()) for name in _names_of_newcomer(one, project)}
    for resident in table.hosts[row].residents:
        if resident.uuid not in table.gone:
            there.update(_names_of_resident(resident, project))
    return [name for name in request.shape.hint(hint) if name in there]


def _known(table: HostTable, project: str) -> dict[str, list[tuple[int, str]]]:
    """Return rows and UUIDs of the residents that each text may mean to a project; made once."""
    known: dict[str, list[tuple[int, str]]] | None = table.memo.get((_MEMO, project))
    if known is None:
        known = table.memo[_MEMO, project] = {}
        for row, host in enumerate(table.hosts):
            for resident in host.residents:
                for name in _names_of_resident(resident, project):
                    known.setdefault(name, []).append((row, resident.uuid))
    return known


def _names_of_resident(resident: Resident, project: str) -> list[str]:
    """Return by what a project may call a resident; without a project on either side, by its name too."""
    owner = resident.project
    is_ours = owner is not None and (not owner or not project or owner == project)
    return [name for name in ((resident.name if is_ours else ""), resident.uuid) if name]


def _names_of_newcomer(newcomer: Request, project: str) -> list[str]:
    name = newcomer.name if newcomer.shape.project == project else ""
    return [text for text in (name, newcomer.uuid) if text]
