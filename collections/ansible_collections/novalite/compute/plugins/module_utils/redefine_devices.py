# SPDX-License-Identifier: GPL-3.0-or-later
"""The devices of an existing domain, and those of its old and new spec -> its new devices. Pure.

A device is known by what it is for a guest (a disk by its file, a card by its MAC), never by its place in the list.
"""

from __future__ import annotations

import copy
import os.path
import string
from xml.etree import ElementTree

from .domain_disk import CONFIG
from .xml_helpers import AGENT

# What libvirt decides for a device: lost only where the device moves to another bus.
_ASSIGNED = ("address", "alias")
MEDIUM = "medium"
USB = "usb"


def texts(element, tag):
    # type: (ElementTree.Element, str) -> list
    """Return the children of a tag as text, to compare them."""
    return [ElementTree.tostring(child).strip() for child in element.findall(tag)]


def put(target, source, tag):
    # type: (ElementTree.Element, ElementTree.Element, str) -> None
    """Give an element those children of a tag that another one has, in the place of its own."""
    old = target.findall(tag)
    place = list(target).index(old[0]) if old else len(target)
    for child in old:
        target.remove(child)
    for offset, child in enumerate(source.findall(tag)):
        target.insert(place + offset, copy.deepcopy(child))


def kind_of(device):
    # type: (ElementTree.Element) -> str
    """Return a device's tag; ``medium`` for a CD-ROM drive other than the config drive, ``usb`` for a controller of it,
    and something else for devices that our language never speaks of.
    """
    if device.tag == "disk" and device.get("device") == "cdrom":
        return "disk" if os.path.basename(_file(device) or "") == CONFIG else MEDIUM
    if device.tag == "controller" and device.get("type") == "usb":
        return USB
    name = _attribute("name", "target")(device) if device.tag == "channel" else AGENT
    is_ours = name == AGENT and (device.tag != "hostdev" or device.get("type") == "pci")
    return device.tag if is_ours else "other " + device.tag


def _file(device):
    # type: (ElementTree.Element) -> object
    source = device.find("source")
    return None if source is None else source.get("file") or source.get("dev")


def _attribute(name, child=None):
    # type: (str, object) -> object
    def find(device):
        # type: (ElementTree.Element) -> object
        element = device if child is None else device.find(child)
        return None if element is None else (element.get(name) or "").lower()

    return find


def _pci(device):
    # type: (ElementTree.Element) -> object
    address = device.find("source/address")
    return None if address is None else tuple(int(address.get(name, "0"), 0) for name in ("bus", "slot", "function"))


# What tells devices of one kind from one another; others by their order.
_IDENTITY = {
    "disk": _file,
    "interface": _attribute("address", "mac"),
    "controller": lambda device: (device.get("type"), device.get("index", "0")),
    "channel": _attribute("name", "target"),
    "graphics": _attribute("type"),
    "hostdev": _pci,
    "serial": _attribute("port", "target"),
    "console": _attribute("port", "target"),
}


def by_identity(devices):
    # type: (object) -> dict
    """Return (kind, identity, number among those alike) -> device, in their order."""
    found, seen = {}, {}
    for device in devices:
        kind = kind_of(device)
        key = (kind, _IDENTITY[kind](device) if kind in _IDENTITY else None)
        number = seen[key] = seen.get(key, -1) + 1
        found[key + (number,)] = device
    return found


def merge_devices(made, base, goal, repairs):
    # type: (ElementTree.Element, ElementTree.Element, ElementTree.Element, list) -> None
    """Make the devices ``made`` what ``goal`` wants where that is not what ``base`` wanted, or a repair says so."""
    old, new, there = by_identity(base), by_identity(goal), by_identity(made)
    presence = {tag for row in repairs for tag in row.presence}
    anew = {tag for row in repairs for tag in row.devices}
    children = {}
    for row in repairs:
        for kind, tags in row.children.items():
            children.setdefault(kind, set()).update(tags)
    if "interface" in children:
        _pair_cards(there, new)
    for key, device in there.items():
        gone = (key in old and key[0] != "controller") or key[0] in anew or device.tag in presence
        if gone and key not in new:
            made.remove(device)
    for key, device in new.items():
        if key in there:
            _merge(there[key], old.get(key), device, children.get(key[0], set()), key[0] in anew)
            if device.tag == "disk":
                _letter(made, there[key])
        elif key not in old or key[0] in anew or device.tag in presence:
            _insert(made, device)
    if len(made.findall("interface")) == len(goal.findall("interface")):
        _sort_cards(made, goal)


def _pair_cards(there, new):
    # type: (dict, dict) -> None
    """A card whose MAC somebody changed is the one that has its place, if there are as many as there should be."""
    cards, wanted = ([key for key in found if key[0] == "interface"] for found in (there, new))
    lost = [key for key in wanted if key not in there]
    strange = [key for key in cards if key not in new]
    if len(cards) == len(wanted):
        for key, other in zip(lost, strange):  # noqa: B905
            there[key] = there.pop(other)


def _merge(device, old, new, forced, is_anew):
    # type: (ElementTree.Element, object, ElementTree.Element, set, bool) -> None
    """Change one device in place: attributes and children that the specs see otherwise, or all of them."""
    if old is None or is_anew:
        changed = {child.tag for child in list(device) + list(new) if child.tag not in _ASSIGNED}
    else:
        changed = {child.tag for child in list(old) + list(new) if texts(old, child.tag) != texts(new, child.tag)}
    changed |= forced
    if is_anew or old is None or old.attrib != new.attrib or forced:
        device.attrib.update(new.attrib)
    bus = _bus(device)
    if bus is not None and bus == _bus(new):
        changed.discard("target")  # its letter: nobody needs it, and another disk may have the one it would get
    for tag in sorted(changed):
        put(device, new, tag)
    if bus != _bus(device):
        for tag in _ASSIGNED:
            for child in device.findall(tag):
                device.remove(child)


def _bus(device):
    # type: (ElementTree.Element) -> object
    target = device.find("target") if device.tag == "disk" else None
    return None if target is None else target.get("bus")


def _insert(made, device):
    # type: (ElementTree.Element, ElementTree.Element) -> None
    """Add a device behind the last one of its tag."""
    device = copy.deepcopy(device)
    alike = [number for number, other in enumerate(made) if other.tag == device.tag]
    made.insert(alike[-1] + 1 if alike else len(made), device)
    _letter(made, device)


def _letter(made, device):
    # type: (ElementTree.Element, ElementTree.Element) -> None
    """Give a disk that came, or came to another bus, a letter that no other disk has."""
    target = device.find("target")
    taken = {disk.find("target").get("dev") for disk in made.findall("disk") if disk is not device}
    if device.tag == "disk" and target.get("dev") in taken:
        names = (target.get("dev")[:-1] + letter for letter in string.ascii_lowercase)
        target.set("dev", next(name for name in names if name not in taken))


def _sort_cards(made, goal):
    # type: (ElementTree.Element, ElementTree.Element) -> None
    """Put the cards into the order of the spec; what a guest calls them follows from their addresses, which stay."""
    ranks = {key: number for number, key in enumerate(by_identity(goal))}
    cards = {key: card for key, card in by_identity(made).items() if key[0] == "interface"}
    places = [list(made).index(card) for card in cards.values()]
    ordered = sorted(cards, key=lambda key: ranks.get(key, len(ranks)))
    for place, key in zip(places, ordered):  # noqa: B905
        made[place] = cards[key]
