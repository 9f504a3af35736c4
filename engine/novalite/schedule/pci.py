# SPDX-License-Identifier: GPL-3.0-or-later
"""PCI devices: which of a host's pools may serve a request, and which devices of them are given. Pure.

Source: nova/pci/stats.py (PciDeviceStats: _filter_pools, _apply_request), nova/pci/utils.py (pci_device_prop_match).
Two things are done here that Nova leaves to others: an alias' resource_class and traits are held against the devices'
(Nova asks Placement, where it is told to), and a physical function and its virtual ones exclude each other at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.claim import ClaimedDevice
from novalite.model.guest_topology import is_true

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from novalite.model.numa import HostCell
    from novalite.model.pci import PciPool, PciRequest

Pools = tuple["PciPool", ...]
PF, VDPA = "type-PF", "vdpa"


def take(
    pools: Pools, requests: Iterable[PciRequest], cells: Sequence[HostCell] = (), chosen: Iterable[int] | None = None
) -> tuple[Pools, tuple[ClaimedDevice, ...]] | str:
    """Return the pools afterwards and the devices given; a text with both numbers where they do not suffice.

    ``chosen``: ids of the host cells under the guest (of ``cells``); None: a guest without NUMA, for which any device
    is as near as any other. Devices come from the first pool that may serve, in the order of its addresses.
    """
    near = None if chosen is None else frozenset(chosen)
    given: list[ClaimedDevice] = []
    for request in requests:
        usable = suitable(available(pools), request, cells, near)
        if isinstance(usable, str):
            return usable
        devices = _first(usable, request)
        given += devices
        pools = without(pools, devices)
    return pools, tuple(given)


def addressed(pools: Iterable[PciPool]) -> Pools:
    """Return the pools, free devices of unknown address (in a host written by hand) with made-up ones."""
    return tuple(
        pool
        if len(pool.addresses) == pool.free
        else attrs.evolve(pool, addresses=tuple(f"pool-{index}/device-{number}" for number in range(pool.free)))
        for index, pool in enumerate(pools)
    )


def without(pools: Pools, devices: Iterable[ClaimedDevice]) -> Pools:
    """Return the pools with devices in use."""
    gone = {device.address for device in devices}
    found = []
    for pool in pools:
        taken = tuple(address for address in pool.addresses if address in gone)
        free = tuple(address for address in pool.addresses if address not in gone)
        found.append(attrs.evolve(pool, free=len(free), addresses=free, used=(*pool.used, *taken)) if taken else pool)
    return tuple(found)


def give_back(pools: Pools, devices: Iterable[ClaimedDevice]) -> Pools:
    """Return the pools with devices free again that were in use."""
    back = {device.address for device in devices}
    found = []
    for pool in pools:
        freed = [address for address in pool.used if address in back]
        addresses = tuple(sorted((*pool.addresses, *freed)))
        used = tuple(address for address in pool.used if address not in back)
        found.append(attrs.evolve(pool, free=pool.free + len(freed), addresses=addresses, used=used) if freed else pool)
    return tuple(found)


def available(pools: Pools) -> Pools:
    """Return the pools without devices that devices in use exclude: a physical function or its virtual ones."""
    if all(pool.parent is None for pool in pools):
        return pools
    used = {address for pool in pools for address in pool.used}
    busy = {pool.parent for pool in pools if pool.used and pool.parent}
    found = []
    for pool in pools:
        if pool.parent in used:
            found.append(attrs.evolve(pool, free=0, addresses=()))
        elif not busy.isdisjoint(pool.addresses):
            free = tuple(address for address in pool.addresses if address not in busy)
            found.append(attrs.evolve(pool, free=len(free), addresses=free))
        else:
            found.append(pool)
    return tuple(found)


def suitable(
    pools: Pools, request: PciRequest, cells: Sequence[HostCell], near: frozenset[int] | None
) -> list[PciPool] | str:
    """Return the pools that may serve a request and suffice together; a text where they do not."""
    found = [pool for pool in pools if any(matches(pool, spec) for spec in request.specs)]
    steps = (
        ("", lambda found: found),
        (f" beside the guest's cells (policy {request.numa_policy})", lambda found: _near(found, request, cells, near)),
        (" that are no unasked physical functions", lambda found: _unless_asked(found, request, PF)),
        (" that are no unasked vDPA devices", lambda found: _unless_asked(found, request, VDPA)),
        (" that are not managed remotely", lambda found: _managed_here(found, request)),
        (" that may migrate live as asked", lambda found: _migratable(found, request)),
    )
    for words, step in steps:
        found = step(found)
        free = sum(pool.free for pool in found)
        if free < request.count:
            return f"PCI devices {request.alias}: {request.count} asked, {free} free{words}"
    return found


def matches(pool: PciPool, spec: tuple[tuple[str, str], ...]) -> bool:
    """Tell whether a pool's devices are what a spec says; letter case does not count."""
    return all(_matches(pool, key, value) for key, value in spec)


def _matches(pool: PciPool, key: str, value: str) -> bool:
    tags = dict(pool.tags)
    if key == "resource_class":
        default = f"CUSTOM_PCI_{pool.vendor_id}_{pool.product_id}"
        return _class_name(value) == _class_name(tags.get("resource_class", default))
    if key == "traits":
        has = {trait.strip().upper() for trait in tags.get("traits", "").split(",")}
        return {trait.strip().upper() for trait in value.split(",") if trait.strip()} <= has
    known = {"vendor_id": pool.vendor_id, "product_id": pool.product_id, "dev_type": pool.device_type}
    found = known.get(key, tags.get(key))
    return found is not None and found.lower() == value.lower()


def _class_name(text: str) -> str:
    """Return a resource class as Placement writes it. Source: nova/compute/pci_placement_translator.py."""
    name = "".join(letter if letter.isalnum() else "_" for letter in text.upper())
    return name if name.startswith("CUSTOM_") else f"CUSTOM_{name}"


def _near(
    pools: list[PciPool], request: PciRequest, cells: Sequence[HostCell], near: frozenset[int] | None
) -> list[PciPool]:
    """Return the pools whose devices are near enough; with every policy the nearest are taken where they suffice.

    required   in one of the guest's cells
    socket     on the socket of one of them
    legacy     as required, or where the host does not say
    preferred  anywhere
    """
    if near is None:
        return pools
    inside = [pool for pool in pools if pool.numa_node in near]
    if request.numa_policy == "required" or _count(inside) >= request.count:
        return inside
    if request.numa_policy == "socket":
        if any(cell.socket is None for cell in cells):
            return []
        sockets = {cell.socket for cell in cells if cell.id in near}
        nodes = {cell.id for cell in cells if cell.socket in sockets}
        return [pool for pool in pools if pool.numa_node in nodes]
    beside = [pool for pool in pools if pool.numa_node is None or pool.numa_node in near]
    if request.numa_policy == "legacy" or _count(beside) >= request.count:
        return beside
    return sorted(pools, key=lambda pool: not (pool.numa_node is None or pool.numa_node in near))


def _count(pools: list[PciPool]) -> int:
    return sum(pool.free for pool in pools)


def _unless_asked(pools: list[PciPool], request: PciRequest, kind: str) -> list[PciPool]:
    if any(("dev_type", kind) in spec for spec in request.specs):
        return pools
    return [pool for pool in pools if pool.device_type != kind]


def _managed_here(pools: list[PciPool], request: PciRequest) -> list[PciPool]:
    if any(is_true(dict(spec).get("remote_managed")) for spec in request.specs):
        return pools
    return [pool for pool in pools if not is_true(dict(pool.tags).get("remote_managed"))]


def _migratable(pools: list[PciPool], request: PciRequest) -> list[PciPool]:
    asked = {dict(spec).get("live_migratable") for spec in request.specs}
    if asked in ({"true"}, {"false"}):
        return [pool for pool in pools if {dict(pool.tags).get("live_migratable")} == asked]
    return pools


def _first(pools: list[PciPool], request: PciRequest) -> list[ClaimedDevice]:
    addresses = [address for pool in pools for address in pool.addresses]
    return [ClaimedDevice(request.alias, address) for address in addresses[: request.count]]
