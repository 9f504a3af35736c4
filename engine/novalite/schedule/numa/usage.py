# SPDX-License-Identifier: GPL-3.0-or-later
"""What a claim takes of a host's hardware, and gives back. Pure. Source: hardware.py, numa_usage_from_instance_numa."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.guest_topology import ISOLATE
from novalite.schedule.numa.pin import with_siblings
from novalite.schedule.pci import Pools, give_back, without

if TYPE_CHECKING:
    from novalite.model.claim import Claim, ClaimedCell
    from novalite.model.numa import GuestTopology, HostCell, Pages
    from novalite.schedule.numa.fit import State

_KIB = 1024


def taken(state: State, claim: Claim, topology: GuestTopology | None) -> State:
    """Return the host's hardware with a claim taken by a guest of this topology."""
    return _changed(state, claim, topology, 1, without(state.pools, claim.pci))


def given_back(state: State, claim: Claim, topology: GuestTopology | None) -> State:
    """Return the host's hardware with a claim given back."""
    return _changed(state, claim, topology, -1, give_back(state.pools, claim.pci))


def _changed(state: State, claim: Claim, topology: GuestTopology | None, sign: int, pools: Pools) -> State:
    cells = {cell.id: cell for cell in state.cells}
    apart: frozenset[int] = frozenset()
    isolate = False
    if topology is not None and topology.pins:
        apart = frozenset(claim.emulator_cpus or ()) if topology.emulator_threads == ISOLATE else apart
        isolate = any(cell.thread_policy == ISOLATE for cell in topology.cells)
    for index, part in enumerate(claim.cells):
        host = cells.get(part.host_cell)
        if host is not None:  # else the host has lost a cell: nothing to count
            cells[host.id] = _cell(host, part, sign, isolate, apart if index == 0 else frozenset())
    return attrs.evolve(state, cells=tuple(cells.values()), pools=pools)


def _cell(host: HostCell, part: ClaimedCell, sign: int, isolate: bool, emulator: frozenset[int]) -> HostCell:
    cpus = frozenset(pcpu for _, pcpu in part.pcpus) | emulator
    if isolate:
        cpus = with_siblings(host, cpus)
    return attrs.evolve(
        host,
        pinned=host.pinned | cpus if sign > 0 else host.pinned - cpus,
        cpu_usage=max(0, host.cpu_usage + sign * len(part.cpus)),
        memory_used_mib=max(0, host.memory_used_mib + sign * part.memory_mib),
        pages=_pages(host.pages, part, sign),
    )


def _pages(pages: tuple[Pages, ...], part: ClaimedCell, sign: int) -> tuple[Pages, ...]:
    size = part.page_size_kib or min((item.size_kib for item in pages), default=0)
    return tuple(
        attrs.evolve(item, used=max(0, item.used + sign * part.memory_mib * _KIB // size))
        if item.size_kib == size
        else item
        for item in pages
    )
