# SPDX-License-Identifier: GPL-3.0-or-later
"""NUMATopologyFilter: which wish of the guest's hardware is in the way of the cells, CPUs, pages and devices of a host.

What may be given up, for NUMA cells that fit no cells of the host:

emulator threads on a CPU of their own      without ``hw:emulator_threads_policy``
whole cores, or threads of one core         without ``hw:cpu_thread_policy``
pages of a size                             without ``hw:mem_page_size``: ordinary memory
the number of nodes, where they are alike   another ``hw:numa_nodes``, one that its CPUs and memory can be divided by
nodes whose CPUs and memory are given       without them, ``hw:numa_nodes`` too
devices beside the guest's cells            ``hw:pci_numa_affinity_policy: preferred``
pinned CPUs                                 without ``hw:cpu_policy``, and all that means nothing without it
CPUs, memory                                fewer, less: in equal parts of the nodes

``NOT_GIVEN_UP`` says what is not, and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.claim import Claim
from novalite.model.relaxation import Relaxation
from novalite.model.resource import MEMORY_MB, PCPU, VCPU
from novalite.schedule.numa.fit import State, fit
from novalite.schedule.numa.hardware import hardware_of, want_of
from novalite.schedule.relaxing.amounts import less
from novalite.schedule.relaxing.carry_out import relaxed
from novalite.schedule.relaxing.guest import AFFINITY, is_possible, said, unpinned, without_said
from novalite.schedule.relaxing.smallest import Dial, remembered, smallest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from novalite.schedule.relaxing.asked import Asked, Found
    from novalite.schedule.request import Shape

_RULE = "NUMATopologyFilter"
NOT_GIVEN_UP = {
    "hw:cpu_dedicated_mask, hw:cpu_realtime_mask": "they name CPUs: with fewer CPUs the flavor would be another one",
    "hw:numa_cpus.N, hw:numa_mem.N": "the same: all nodes are given up together, or none",
    "resources:PCPU, resources:VCPU": "they say the number of CPUs a second time: both would have to be changed",
    "hw:cpu_realtime": "without it alone the guest asks the same of its host; it goes with hw:cpu_policy",
    "hw:pmem": "a guest without its persistent memory has lost its data",
    "a host that tells of no cells": "only a guest without a topology fits it: every wish that makes one is given up",
}

_KIB = 1024


def relax(asked: Asked, row: int) -> Found:
    """Return the changes by which the guest's cells fit those of a host; none where none is known."""
    shape, table = asked.shape, asked.table
    state = hardware_of(table).state(row)
    room = {name: int(table.resource(name).free[row]) for name in (VCPU, PCPU)}

    def fits(changes: Found) -> bool:
        changed = relaxed(asked.request, changes)[0].shape
        return _has_room(shape, changed, room) and isinstance(fit(state, want_of(changed)), Claim)

    key = (state, *(min(free, sum(shape.amounts.values())) for free in room.values()))
    return remembered(asked, "topologies", key, lambda: smallest(_wishes(shape, state), _dials(shape, state), fits))


def _has_room(before: Shape, after: Shape, room: dict[str, int]) -> bool:
    """Tell whether there are shared CPUs for those that are pinned no longer, or the other way round."""
    return all(after.amounts.get(name, 0) <= max(free, before.amounts.get(name, 0)) for name, free in room.items())


def _wishes(shape: Shape, state: State) -> Iterator[Relaxation]:
    for key in ("emulator_threads_policy", "cpu_thread_policy", "mem_page_size"):
        if pairs := said(shape, key):
            yield _without(*pairs[0])
    nodes = said(shape, "numa_nodes")
    if len(nodes) > 1:
        yield _without(*nodes[0], " and the CPUs and memory of its nodes")
    else:
        yield from _other_numbers(shape, state)
        yield from (_without(*pair) for pair in nodes)
    if any(asked.numa_policy != "preferred" for asked in shape.pci):
        text = f"with {AFFINITY}: preferred"
        yield Relaxation("extra_spec", _RULE, AFFINITY, text, shape.pci[0].numa_policy, "preferred")
    yield from unpinned(_RULE, shape)


def _other_numbers(shape: Shape, state: State) -> Iterator[Relaxation]:
    """Yield the numbers of nodes that the guest's CPUs and memory can be divided by, the nearest first."""
    topology = shape.topology
    if topology is None:
        return
    now, vcpus = len(topology.cells), sum(len(cell.cpus) + len(cell.pcpus) for cell in topology.cells)
    numbers = [
        number
        for number in range(1, len(state.cells) + 1)
        if number != now and not vcpus % number and not shape.amounts.get(MEMORY_MB, 0) % number
    ]
    for number in sorted(numbers, key=lambda number: (abs(number - now), number)):
        text = f"with hw:numa_nodes: {number}"
        yield Relaxation("extra_spec", _RULE, "hw:numa_nodes", text, str(now), str(number))


def _without(key: str, value: str, more: str = "") -> Relaxation:
    return without_said(_RULE, key, value, more)


def _dials(shape: Shape, state: State) -> Iterator[Dial]:
    for name in (VCPU, PCPU):
        grid = [amount for amount in range(1, shape.amounts.get(name, 0)) if is_possible(shape, name, amount)]
        yield from _dial(name, shape, [grid] if grid else [])
    nodes = len(shape.topology.cells) if shape.topology is not None else 1
    if is_possible(shape, MEMORY_MB, nodes):
        sizes = {pages.size_kib // _KIB for cell in state.cells for pages in cell.pages}
        units = [max(size, 1) * nodes for size in sorted(sizes | {1})]
        wanted = shape.amounts.get(MEMORY_MB, 0)
        yield from _dial(MEMORY_MB, shape, [range(unit, wanted, unit) for unit in units if unit < wanted])


def _dial(name: str, shape: Shape, grids: Sequence[Sequence[int]]) -> Iterator[Dial]:
    if grids:
        yield Dial(tuple(grids), lambda fits: less(_RULE, name, shape.amounts[name], fits))
