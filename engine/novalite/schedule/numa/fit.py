# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest on the host: its cells on host cells, its devices from pools near them. Pure.

Source: nova/virt/hardware.py, numa_fit_instance_to_host. Every assignment of guest cells to host cells is tried before
the answer is no, in Nova's order: where the host has more cells than the guest, first those with more PCI devices (or
fewer, if the guest asks for none), then more free pinned CPUs (or less usage, if it shares), then more free memory.
Whether a guest cell fits a host cell does not depend on the others, and which devices are near only on the set of host
cells, so a set that failed once is not tried in another order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.claim import Claim, ClaimedCell, ClaimedDevice
from novalite.model.guest_topology import ISOLATE
from novalite.schedule.numa.cell import CellFit, Limits, fit_cell
from novalite.schedule.pci import Pools, available, take

if TYPE_CHECKING:
    from novalite.model.numa import GuestCell, GuestTopology, HostCell
    from novalite.model.pci import PciRequest

Cells = tuple["HostCell", ...]


@attrs.frozen(slots=True, cache_hash=True)
class State:
    """All of one host's hardware that guests take parts of, as it is now. Hashable: equal states get equal answers."""

    cells: Cells = ()
    pools: Pools = ()
    limits: Limits = attrs.field(factory=Limits)


@attrs.frozen(slots=True, cache_hash=True)
class Want:
    """What a guest asks of a host's hardware."""

    topology: GuestTopology | None = None
    pci: tuple[PciRequest, ...] = ()


def fit(state: State, want: Want) -> Claim | str:
    """Return which parts of the host the guest would get; where it does not fit, what is asked and what is there."""
    if want.topology is None:
        found = take(state.pools, want.pci)
        return found if isinstance(found, str) else Claim(pci=found[1])
    topology = want.topology
    if not state.cells:
        return f"{_cells(len(topology.cells))} asked, the host tells of none"
    if len(state.cells) < len(topology.cells):
        return f"{_cells(len(topology.cells))} asked, the host has {len(state.cells)}"
    search = _Search(state, want, topology, in_order(state, want, topology))
    return search.claim() if search.place(0, 0) else search.refusal()


def in_order(state: State, want: Want, topology: GuestTopology) -> Cells:
    """Return the host's cells in the order in which they are tried."""
    if len(state.cells) == len(topology.cells):
        return state.cells
    near = {cell.id: 0 for cell in state.cells}
    for pool in available(state.pools):
        if pool.numa_node in near:
            near[pool.numa_node] += pool.free

    def key(cell: HostCell) -> tuple[int, int, int]:
        free_memory = cell.memory_mib - cell.memory_used_mib
        busy = -len(cell.pcpus - cell.pinned) if topology.pins else cell.cpu_usage
        return (-near[cell.id] if want.pci else near[cell.id], busy, -free_memory)

    return tuple(sorted(state.cells, key=key))


@attrs.define(slots=True)
class _Search:
    """Depth first over guest cells; bit n of ``taken`` is the n-th host cell tried."""

    state: State
    want: Want
    topology: GuestTopology
    cells: Cells
    chosen: list[tuple[HostCell, CellFit]] = attrs.field(factory=list)
    devices: tuple[ClaimedDevice, ...] = ()
    fits: dict[tuple[int, int], CellFit | str] = attrs.field(factory=dict)
    dead: set[int] = attrs.field(factory=set)
    far: str = ""  # why devices did not do, where the cells did

    def place(self, index: int, taken: int) -> bool:
        """Place the guest cells from one on; True where all are placed and the devices suffice."""
        if taken in self.dead:
            return False
        if index == len(self.topology.cells):
            if self._devices():
                return True
        else:
            for number, host in enumerate(self.cells):
                if taken & (1 << number) or isinstance(found := self._fit(index, host), str):
                    continue
                self.chosen.append((host, found))
                if self.place(index + 1, taken | 1 << number):
                    return True
                self.chosen.pop()
        self.dead.add(taken)
        return False

    def _fit(self, index: int, host: HostCell) -> CellFit | str:
        found = self.fits.get((index, host.id))
        if found is None:
            emulator = 1 if index == 0 and self.topology.emulator_threads == ISOLATE and self.topology.pins else 0
            guest = self.topology.cells[index]
            found = fit_cell(host, guest, self.topology, emulator, self.state.limits)
            self.fits[index, host.id] = found
        return found

    def _devices(self) -> bool:
        if not self.want.pci:
            return True
        found = take(self.state.pools, self.want.pci, self.state.cells, [host.id for host, _ in self.chosen])
        if isinstance(found, str):
            self.far = self.far or found
            return False
        self.devices = found[1]
        return True

    def claim(self) -> Claim:
        """Return what was found."""
        cells = tuple(
            _claimed(guest, host, found) for guest, (host, found) in zip(self.topology.cells, self.chosen, strict=True)
        )
        shared = {cpu for cell in cells for cpu in cell.shared_cpus}
        return Claim(cells, tuple(sorted(shared)) if shared else None, self._emulator(cells), self.devices)

    def _emulator(self, cells: tuple[ClaimedCell, ...]) -> tuple[int, ...] | None:
        """Return where emulator threads run: apart, on the host's shared CPUs, or with the guest's own CPUs.

        Source: nova/virt/libvirt/driver.py, _get_emulator_pin_cpuset: off the realtime CPUs.
        """
        kept = {cpu for _, found in self.chosen for cpu in found.pinning.emulator}
        shared = {cpu for host in self.state.cells for cpu in host.cpus}
        own = {pcpu for cell in cells for cpu, pcpu in cell.pcpus if cpu not in self.topology.realtime}
        own |= {cpu for cell in cells for cpu in cell.shared_cpus}
        share = shared if self.topology.emulator_threads == "share" else set()
        return tuple(sorted(kept or share or own)) or None

    def refusal(self) -> str:
        """Return what is missing: of the first guest cell that fits nowhere, on the host cell that comes nearest."""
        for index in range(len(self.topology.cells)):
            answers = [(host, self._fit(index, host)) for host in self.cells]
            missing = [(host, text) for host, text in answers if isinstance(text, str)]
            if len(missing) == len(answers):
                host, text = missing[0]
                return (
                    f"cell {host.id} for guest cell {index}: {text}" if len(answers) > 1 else f"cell {host.id}: {text}"
                )
        if self.far:
            return self.far
        return f"each of {_cells(len(self.topology.cells))} fits somewhere, but not all at once"


def _claimed(guest: GuestCell, host: HostCell, found: CellFit) -> ClaimedCell:
    return ClaimedCell(
        id=guest.id,
        host_cell=host.id,
        cpus=tuple(sorted(guest.cpus)),
        pcpus=found.pinning.pcpus,
        memory_mib=guest.memory_mib,
        page_size_kib=found.page_size_kib,
        shared_cpus=tuple(sorted(host.cpus)) if guest.cpus else (),
    )


def _cells(number: int) -> str:
    return f"{number} NUMA cell{'s' if number != 1 else ''}"
