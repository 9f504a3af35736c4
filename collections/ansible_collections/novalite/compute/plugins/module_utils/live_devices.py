# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks and CD-ROMs of a guest that runs. Talks to libvirtd, waits for the guest."""

from __future__ import annotations

import copy
import time
from xml.etree import ElementTree

from .host_error import HostError
from .pci_slots import has_slot
from .pending import drives_of

_TICK_S = 0.2
DETACH_S = 20.0
_HOT_BUSES = ("virtio", "scsi", "usb")


def text_of(device):
    # type: (ElementTree.Element) -> str
    """Return a device as libvirt wants it."""
    return ElementTree.tostring(device, encoding="unicode")


def movable(guest, what):
    # type: (object, str) -> tuple
    """Return (gone, new): identity -> device of those to plug out, and of those to plug in that there is a slot for."""
    there, wanted = FINDERS[what](guest.running), FINDERS[what](guest.defined)
    gone = {key: device for key, device in there.items() if key not in wanted and guest.reacts}
    new = {key: device for key, device in wanted.items() if key not in there and has_slot(device, guest.running)}
    return gone, new


def plug(guest, what):
    # type: (object, str) -> None
    """Plug devices of a kind out and in; one without a slot waits. Raises: HostError ``deadline`` where the guest does
    not let go of one.
    """
    gone, new = movable(guest, what)
    for key in gone:
        guest.connection.detach(guest.domain, text_of(gone[key]))
    for key in gone:
        _wait_until_gone(guest, what, key)
    for key in new:
        guest.connection.attach(guest.domain, text_of(new[key]))


def _wait_until_gone(guest, what, key):
    # type: (object, str, str) -> None
    end = time.monotonic() + DETACH_S
    while True:
        text = guest.connection.running_xml(guest.domain)
        if text is None or key not in FINDERS[what](ElementTree.fromstring(text)):
            return
        if time.monotonic() >= end:
            raise HostError("deadline", "the guest did not let go of %s %s in %d s" % (what, key, DETACH_S))
        time.sleep(_TICK_S)


def disks_of(domain):
    # type: (ElementTree.Element) -> dict
    """Return file -> disk, CD-ROMs left out."""
    found = {}
    for disk in domain.findall("devices/disk"):
        source = disk.find("source")
        path = None if source is None else source.get("file") or source.get("dev")
        if path and disk.get("device", "disk") != "cdrom":
            found[path] = disk
    return found


def cards_of(domain):
    # type: (ElementTree.Element) -> dict
    """Return MAC -> network card."""
    return {card.find("mac").get("address"): card for card in domain.findall("devices/interface")}


CARD = "network card"
FINDERS = {"disk": disks_of, CARD: cards_of}


def can_change_disks(guest, _entry):
    # type: (object, dict) -> bool
    """Tell whether there is a disk to move, and all that move are on buses where that is possible."""
    gone, new = movable(guest, "disk")
    moving = list(gone.values()) + list(new.values())
    return bool(moving) and all(disk.find("target").get("bus") in _HOT_BUSES for disk in moving)


def change_disks(guest, _entry):
    # type: (object, dict) -> None
    """Plug ephemeral and swap disks in or out."""
    plug(guest, "disk")


def can_change_media(guest, _entry):
    # type: (object, dict) -> bool
    """What is in a drive can change; the drive itself comes and goes with the next power-on."""
    return set(drives_of(guest.running)) == set(drives_of(guest.defined))


def change_media(guest, _entry):
    # type: (object, dict) -> None
    """Put another image into a CD-ROM drive, or take it out; a guest that locked the tray is not forced."""
    now, then = drives_of(guest.running), drives_of(guest.defined)
    disks = [_cdroms(domain) for domain in (guest.running, guest.defined)]
    for target in sorted(now):
        if now[target][0] != then[target][0] and not now[target][1]:
            guest.connection.update(guest.domain, text_of(_with_medium(disks[0][target], disks[1][target])))


def _cdroms(domain):
    # type: (ElementTree.Element) -> dict
    return {disk.find("target").get("dev"): disk for disk in domain.findall("devices/disk[@device='cdrom']")}


def _with_medium(running, defined):
    # type: (ElementTree.Element, ElementTree.Element) -> ElementTree.Element
    """Return the drive that runs with what the other one has in it."""
    made = copy.deepcopy(running)
    for tag in ("source", "driver", "backingStore"):
        for child in made.findall(tag):
            made.remove(child)
    for tag in ("source", "driver"):
        made.extend(copy.deepcopy(child) for child in defined.findall(tag))
    made.set("type", defined.get("type"))
    return made
