# SPDX-License-Identifier: GPL-3.0-or-later
"""Small things that every part of a domain's XML needs. Pure; text is escaped by ElementTree, never by hand."""

from __future__ import annotations

from xml.etree import ElementTree

from .units import KIB_PER_MIB

# Bytes that libvirt's unit names mean (docs/formatdomain: memory).
_BYTES = {
    "b": 1,
    "bytes": 1,
    "KB": 1000,
    "k": 1024,
    "KiB": 1024,
    "MB": 1000**2,
    "M": 1024**2,
    "MiB": 1024**2,
    "GB": 1000**3,
    "G": 1024**3,
    "GiB": 1024**3,
    "TB": 1000**4,
    "T": 1024**4,
    "TiB": 1024**4,
}
_BYTES_PER_MIB = KIB_PER_MIB * 1024


class Seen(object):
    """A domain's elements by name: many readers ask for what most domains have not, and searching costs each time."""

    __slots__ = ("devices", "sysinfo", "top")

    def __init__(self, domain):
        # type: (ElementTree.Element) -> None
        self.top = {child.tag: child for child in domain}
        self.sysinfo = domain.findall("sysinfo") if "sysinfo" in self.top else []  # there may be several
        self.devices = {}
        for device in self.top.get("devices", ()):
            self.devices.setdefault(device.tag, []).append(device)

    def inside(self, tag, name):
        # type: (str, str) -> object
        """Return the first element of a name inside one at the top, or None."""
        element = self.top.get(tag)
        return None if element is None else element.find(name)

    def all_inside(self, tag, name):
        # type: (str, str) -> list
        """Return all of them."""
        element = self.top.get(tag)
        return [] if element is None else element.findall(name)

    def device(self, tag):
        # type: (str) -> object
        """Return the first device of a kind, or None."""
        devices = self.devices.get(tag)
        return devices[0] if devices else None


def add(parent, tag, attributes=None, text=None):
    # type: (ElementTree.Element, str, object, object) -> ElementTree.Element
    """Append an element and return it."""
    element = ElementTree.SubElement(parent, tag, attributes or {})
    element.text = text
    return element


def within(parent, tag):
    # type: (ElementTree.Element, str) -> ElementTree.Element
    """Return the child of a name, made if it is not there yet."""
    found = parent.find(tag)
    return ElementTree.SubElement(parent, tag) if found is None else found


def on_off(value):
    # type: (bool) -> str
    """Return libvirt's word for a switch."""
    return "on" if value else "off"


def memory_kib(element, default="KiB"):
    # type: (object, str) -> int
    """Return an amount of memory in KiB, rounded up; ``element`` is one with text and perhaps a unit."""
    unit = _BYTES.get(element.get("unit", default), 1024)
    return -(-int(element.text or 0) * unit // 1024)


def size_kib(value, unit):
    # type: (object, object) -> int
    """Return the same where libvirt writes the amount into attributes."""
    return -(-int(value or 0) * _BYTES.get(unit or "KiB", 1024) // 1024)


def memory_mib(element):
    # type: (object) -> int
    """Return an amount of memory in MiB, rounded up; nothing is 0."""
    if element is None:
        return 0
    unit = _BYTES.get(element.get("unit", "KiB"), 1024)
    return -(-int(element.text or 0) * unit // _BYTES_PER_MIB)
