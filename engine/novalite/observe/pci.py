# SPDX-License-Identifier: GPL-3.0-or-later
"""Host facts -> pools of PCI devices that guests may have, without those that some guest has. Pure.

Source: nova/pci/manager.py: a physical function is taken once one of its virtual functions is, and the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.model.pci import PciPool
from novalite.observe.nonsense import NonsenseError, get_mapping, get_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from novalite.observe.numa import Holdings

_KINDS = ("type-PCI", "type-PF", "type-VF")
# (vendor, product, type, NUMA node, parent, tags)
Alike = tuple[str, str, str, int | None, str | None, tuple[tuple[str, str], ...]]


def pools_of_host(facts: Mapping[str, Any], holdings: Sequence[Holdings]) -> tuple[PciPool, ...]:
    """Return the pools in the order of their first address; one whose devices are all taken has none free."""
    devices = facts.get("pci") or []
    taken = {str(address) for _power, held in holdings for address in held.get("pci") or ()}
    parents = {device.get("parent") for device in devices if device.get("address") in taken}
    alike: dict[Alike, tuple[list[str], list[str]]] = {}
    for device in sorted(devices, key=lambda one: get_text(one, "address")):
        free, used = alike.setdefault(_likeness(device), ([], []))
        if device["address"] in taken:
            used.append(device["address"])
        elif not (device.get("parent") in taken or device["address"] in parents):
            free.append(device["address"])
    return tuple(
        PciPool(
            vendor_id=vendor,
            product_id=product,
            free=len(free),
            device_type=kind,
            numa_node=node,
            addresses=tuple(free),
            tags=tags,
            used=tuple(used),
            parent=parent,
        )
        for (vendor, product, kind, node, parent, tags), (free, used) in alike.items()
    )


def _likeness(device: Mapping[str, Any]) -> Alike:
    kind = get_text(device, "type")
    node, parent = device.get("numa_node"), device.get("parent")
    if kind not in _KINDS or not (node is None or type(node) is int) or not (parent is None or type(parent) is str):
        raise NonsenseError(f"pci: not a device: {device!r}"[:200])
    tags = tuple((str(key), str(value)) for key, value in sorted(get_mapping(device, "tags").items()))
    return get_text(device, "vendor_id"), get_text(device, "product_id"), kind, node, parent, tags
