# SPDX-License-Identifier: GPL-3.0-or-later
"""A PCI address for a device that is added to a domain that runs: the same now and from its next power-on. Pure.

Left to itself libvirt may choose two different ones, and a guest would find its network card under another name later.
"""

from __future__ import annotations

from xml.etree import ElementTree

_PORTS = ("pcie-root-port", "pcie-switch-downstream-port")
_FIRST_SLOT, _LAST_SLOT = 3, 31  # of a plain PCI bus; the first ones are the board's


def needs_slot(device):
    # type: (ElementTree.Element) -> bool
    """Tell whether a device that was just added needs a PCI address."""
    if device.find("address") is not None:
        return False
    target = device.find("target")
    return device.tag == "interface" or (device.tag == "disk" and target is not None and target.get("bus") == "virtio")


def assign_slots(defined, running):
    # type: (ElementTree.Element, ElementTree.Element) -> None
    """Give each device without a PCI address one that is free now and later; where there is none, libvirt makes room
    in the definition, and the device comes with the next power-on.
    """
    free = _free(defined, running)
    for device in defined.find("devices"):
        if free and needs_slot(device):
            bus, slot = free.pop(0)
            values = {"type": "pci", "domain": "0x0000", "bus": "0x%02x" % bus, "slot": "0x%02x" % slot}
            ElementTree.SubElement(device, "address", dict(values, function="0x0"))


def _free(defined, running):
    # type: (ElementTree.Element, ElementTree.Element) -> list
    ports = [_places(domain) for domain in (defined, running)]
    taken = {place for domain in (defined, running) for place in _taken(domain)}
    return sorted((ports[0] & ports[1]) - taken)


def _places(domain):
    # type: (ElementTree.Element) -> set
    """Return all (bus, slot) that a device can be plugged into while the guest runs."""
    found = set()
    for controller in domain.findall("devices/controller[@type='pci']"):
        bus = int(controller.get("index", "0"))
        if controller.get("model") in _PORTS:
            found.add((bus, 0))
        elif controller.get("model") == "pci-root":
            found.update((bus, slot) for slot in range(_FIRST_SLOT, _LAST_SLOT + 1))
    return found


def _taken(domain):
    # type: (ElementTree.Element) -> set
    addresses = domain.findall("devices/*/address[@type='pci']")
    return {tuple(int(address.get(name, "0"), 0) for name in ("bus", "slot")) for address in addresses}


def has_slot(device, running):
    # type: (ElementTree.Element, ElementTree.Element) -> bool
    """Tell whether a defined device can be plugged into what runs where its address says."""
    address = device.find("address[@type='pci']")
    if address is None:
        return True
    place = tuple(int(address.get(name, "0"), 0) for name in ("bus", "slot"))
    return place in _places(running) - _taken(running)
