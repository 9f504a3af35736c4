# SPDX-License-Identifier: GPL-3.0-or-later
"""Host facts -> NUMA cells: what each has, and what the host's guests hold of it. Pure.

Source: nova/virt/hardware.py, numa_usage_from_instance_numa; nova/virt/libvirt/driver.py, _get_host_numa_topology.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.cpu_list import cpus_from_text
from novalite.model.numa import HostCell, Pages
from novalite.model.resource import PCPU, VCPU
from novalite.observe.nonsense import NonsenseError, get_count, get_mapping, get_usage
from novalite.shared import states

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Holdings = tuple[str, "Mapping[str, Any]"]  # the guest's power state, and what it holds (module_utils/holdings.py)


@attrs.frozen(slots=True)
class CpuSets:
    """The CPUs that guests may have, as the operator said. Nothing said: all of them are shared."""

    shared: frozenset[int] | None = None
    dedicated: frozenset[int] = frozenset()

    def of(self, cpus: frozenset[int]) -> tuple[frozenset[int], frozenset[int]]:
        """Return (shared, dedicated) of some CPUs."""
        if self.shared is not None:
            return cpus & self.shared, cpus & self.dedicated
        return (frozenset() if self.dedicated else cpus), cpus & self.dedicated


def cpu_sets_of_host(facts: Mapping[str, Any]) -> CpuSets:
    """Return the CPU sets."""
    said = get_mapping(facts, "cpu_sets")
    shared = said.get("shared")
    return CpuSets(None if shared is None else _cpus(shared), _cpus(said.get("dedicated", "")))


def holdings_of_host(facts: Mapping[str, Any]) -> list[Holdings]:
    """Return what each guest holds, ours and foreign ones, of those that hold anything."""
    return [
        (str(item.get("power")), get_mapping(item, "holds"))
        for key in ("instances", "foreign")
        for item in facts.get(key) or ()
        if item.get("holds")
    ]


def usage_of_host(facts: Mapping[str, Any], sets: CpuSets) -> dict[str, int]:
    """Return what is used; a foreign guest's vCPU that is pinned to a dedicated CPU is PCPU, which only we can tell."""
    used = get_usage(facts, "used")
    for item in (facts.get("foreign") or ()) if sets.dedicated else ():
        held = item.get("holds") or {}
        cpus = [*held.get("pinned", ()), *(cpu for part in held.get("cells") or () for cpu in part["pinned"])]
        pinned = min(sum(1 for cpu in cpus if cpu in sets.dedicated), used.get(VCPU, 0))
        if pinned:
            used[PCPU] = used.get(PCPU, 0) + pinned
            used[VCPU] -= pinned
    return {name: amount for name, amount in used.items() if amount}


def cells_of_host(facts: Mapping[str, Any], sets: CpuSets, holdings: Sequence[Holdings]) -> tuple[HostCell, ...]:
    """Return the cells by number; a host that tells none has none. Raises: NonsenseError for what cannot be so."""
    cells = [_cell(said, sets) for said in facts.get("numa") or ()]
    if len({cell.id for cell in cells}) != len(cells):
        raise NonsenseError("numa: a cell is listed twice")
    if not holdings:
        return tuple(sorted(cells, key=lambda cell: cell.id))
    free = {
        (said["id"], page["size_kib"]): page["free"]
        for said in facts.get("numa") or ()
        for page in said.get("pages") or ()
        if "free" in page
    }
    return tuple(_used(cell, holdings, free) for cell in sorted(cells, key=lambda cell: cell.id))


def _cell(said: Mapping[str, Any], sets: CpuSets) -> HostCell:
    cpus = _cpus(said.get("cpus", ""))
    shared, dedicated = sets.of(cpus)
    offered = shared | dedicated
    threads = [_cpus(text) & offered for text in said.get("siblings") or ()]
    socket = said.get("socket")
    return HostCell(
        id=get_count(said, "id"),
        cpus=shared,
        pcpus=dedicated,
        memory_mib=get_count(said, "memory_mib"),
        siblings=tuple(sorted((one for one in threads if one), key=min)),
        pages=tuple(_pages(page) for page in said.get("pages") or ()),
        socket=socket if type(socket) is int else None,
    )


def _pages(said: Mapping[str, Any]) -> Pages:
    """Return pages of one size; what is not free is used, by whomever."""
    total = get_count(said, "total")
    used = total - min(total, get_count(said, "free")) if "free" in said else 0
    return Pages(get_count(said, "size_kib"), total, used)


def _used(cell: HostCell, holdings: Iterable[Holdings], free: Mapping[tuple[int, int], int]) -> HostCell:
    """Return a cell with what guests hold of it.

    Guests that are off hold their pages too. Those that run are already among the pages that are not free.
    """
    memory, floating, pinned = 0, 0, set[int]()
    pages = {page.size_kib: page.used for page in cell.pages}
    for power, held in holdings:
        pinned.update(held.get("pinned") or (), held.get("emulator") or ())
        for part in held.get("cells") or ():
            pinned.update(part["pinned"])
            if _home(part, cell) != cell.id:
                continue
            memory += part["memory_mib"]
            floating += part["floating"]
            size = part["page_size_kib"] or min(pages, default=0)  # as Nova: ordinary memory is the smallest pages
            if size in pages and ((cell.id, size) not in free or states.is_off(power)):
                pages[size] += part["memory_mib"] * 1024 // size
    return attrs.evolve(
        cell,
        memory_used_mib=memory,
        cpu_usage=floating,
        pinned=frozenset(pinned) & cell.pcpus,
        pages=tuple(attrs.evolve(page, used=min(page.total, pages[page.size_kib])) for page in cell.pages),
    )


def _home(part: Mapping[str, Any], cell: HostCell) -> int | None:
    """Return the host cell of a guest's; one that says none is where its first pinned CPU is."""
    said = part.get("host_cell")
    if said is not None:
        return int(said)
    pinned = part["pinned"]
    return cell.id if pinned and pinned[0] in cell.pcpus | cell.cpus else None


def _cpus(text: object) -> frozenset[int]:
    return cpus_from_text(str(text))
