# SPDX-License-Identifier: GPL-3.0-or-later
"""One guest cell on one host cell: does it fit, and what does it get; else what is missing, with both numbers. Pure.

Source: nova/virt/hardware.py, _numa_fit_instance_cell. The page size found here belongs to this host cell and this
guest alone (Nova writes it into the request, where the next cell, host and instance find it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.schedule.numa.pin import Pinning, pin

if TYPE_CHECKING:
    from novalite.model.numa import GuestCell, GuestTopology, HostCell, Pages

_KIB = 1024


@attrs.frozen(slots=True)
class Limits:
    """How much a host overcommits what is shared: the allocation ratios of VCPU and MEMORY_MB."""

    cpu: float = 1.0
    ram: float = 1.0


@attrs.frozen(slots=True)
class CellFit:
    """What one guest cell gets: a page size in KiB (None: ordinary memory) and pinned CPUs."""

    page_size_kib: int | None = None
    pinning: Pinning = attrs.field(factory=Pinning)


def fit_cell(host: HostCell, guest: GuestCell, topology: GuestTopology, emulator: int, limits: Limits) -> CellFit | str:
    """Return what the guest cell gets; where it does not fit, a text with what is asked and what is there.

    ``emulator``: how many pinned CPUs its emulator needs besides (isolated emulator threads are in the first cell).
    """
    size = page_size(host, guest, pins=topology.pins)
    if isinstance(size, str):
        return size
    pinning = Pinning()
    pcpus = len(guest.pcpus) + emulator
    if topology.pins:
        free = len(host.pcpus - host.pinned)
        if pcpus > free:
            return f"pinned CPUs: {pcpus} asked, {free} of {len(host.pcpus)} free"
    if len(guest.cpus) > len(host.cpus):
        return f"shared CPUs: {len(guest.cpus)} asked, the cell has {len(host.cpus)}"
    if topology.pins:
        found = pin(host, guest, emulator)
        if found is None:
            return f"pinned CPUs: {pcpus} asked with thread policy {guest.thread_policy}, {free} free in other patterns"
        pinning = found
    if topology.cpu_policy != "dedicated":
        usage, limit = host.cpu_usage + len(guest.cpus), len(host.cpus) * limits.cpu
        if usage > limit:
            return f"shared CPUs: {len(guest.cpus)} asked, {limit - host.cpu_usage:g} of {limit:g} free"
        room = host.memory_mib * limits.ram
        if host.memory_used_mib + guest.memory_mib > room:
            return f"memory: {guest.memory_mib}MiB asked, {room - host.memory_used_mib:g} of {room:g} free"
    return CellFit(size, pinning)


def page_size(host: HostCell, guest: GuestCell, *, pins: bool) -> int | str | None:
    """Return the page size that the guest cell gets, None for ordinary memory; a text where memory does not fit."""
    if guest.page_size is not None:
        return _asked_size(host, guest)
    if host.pages:  # the smallest pages: as ordinary memory, but never more than there are
        smallest = min(host.pages, key=lambda pages: pages.size_kib)
        if not holds(smallest, guest.memory_mib, free=pins):
            return _short(smallest, guest.memory_mib, free=pins)
        return None
    room = host.memory_mib - host.memory_used_mib if pins else host.memory_mib
    return f"memory: {guest.memory_mib}MiB asked, {room} free" if guest.memory_mib > room else None


def _asked_size(host: HostCell, guest: GuestCell) -> int | str:
    sizes = sorted(host.pages, key=lambda pages: -pages.size_kib)
    narrowed = {"small": sizes[-1:], "large": sizes[:-1], "any": sizes}
    asked = narrowed.get(guest.page_size or "")
    if asked is None:
        asked = [pages for pages in sizes if str(pages.size_kib) == guest.page_size]
    for pages in asked:
        if holds(pages, guest.memory_mib, free=True):
            return pages.size_kib
    if not asked:
        return f"pages: {guest.page_size} asked, the cell has {_sizes(sizes)}"
    return "; ".join(_short(pages, guest.memory_mib, free=True) for pages in asked)


def holds(pages: Pages, memory_mib: int, *, free: bool) -> bool:
    """Tell whether whole pages of this size hold that much memory: of the free ones, or of all there are."""
    there = pages.total - pages.used if free else pages.total
    return memory_mib * _KIB <= there * pages.size_kib and memory_mib * _KIB % pages.size_kib == 0


def _short(pages: Pages, memory_mib: int, *, free: bool) -> str:
    if memory_mib * _KIB % pages.size_kib:
        return f"pages of {pages.size_kib}KiB: {memory_mib}MiB is not a whole number of them"
    there = f"{pages.total - pages.used} free" if free else f"{pages.total} there"
    return f"pages of {pages.size_kib}KiB: {memory_mib * _KIB // pages.size_kib} asked, {there}"


def _sizes(pages: list[Pages]) -> str:
    return ", ".join(f"{item.size_kib}KiB" for item in reversed(pages)) or "none that are told"
