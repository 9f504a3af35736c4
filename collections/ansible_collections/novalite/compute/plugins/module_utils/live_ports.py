# SPDX-License-Identifier: GPL-3.0-or-later
"""Network cards of a guest that runs, and limits of cards and disks. Talks to libvirtd."""

from __future__ import annotations

import copy

from .live_devices import CARD, cards_of, disks_of, movable, plug, text_of
from .xml_quota import DISK_LIMITS, VIF_LIMITS, WAYS


def can_change_ports(guest, _entry):
    # type: (object, dict) -> bool
    """Tell whether there is a card to move."""
    return any(movable(guest, CARD))


def change_ports(guest, _entry):
    # type: (object, dict) -> None
    """Plug network cards in or out."""
    plug(guest, CARD)


def plug_port(guest, entry):
    # type: (object, dict) -> None
    """Plug the cable of a card in somewhere else, or pull it; put a filter before it, or take that away."""
    index = int(entry["path"].split(".")[1])
    mac, wanted = list(cards_of(guest.defined).items())[index]
    made = copy.deepcopy(cards_of(guest.running)[mac])
    made.set("type", wanted.get("type"))
    for tag in ("source", "link", "filterref"):
        for child in made.findall(tag):
            made.remove(child)
        made.extend(copy.deepcopy(child) for child in wanted.findall(tag))
    if wanted.find("link") is None:
        made.append(made.makeelement("link", {"state": "up"}))
    guest.connection.update(guest.domain, text_of(made))


def limit_disks(guest, entry):
    # type: (object, dict) -> None
    """Give every disk the limits of the definition; none is 0."""
    values = {name: (entry["defined"] or {}).get(name, 0) for name in DISK_LIMITS}
    for disk in disks_of(guest.running).values():
        guest.connection.limit_disk(guest.domain, disk.find("target").get("dev"), values)


def limit_ports(guest, entry):
    # type: (object, dict) -> None
    """Give every network card the bandwidth of the definition; none is 0."""
    said = entry["defined"] or {}
    values = {"%s.%s" % (way, name): said.get(way, {}).get(name, 0) for way in WAYS for name in VIF_LIMITS}
    for mac in cards_of(guest.running):
        guest.connection.limit_card(guest.domain, mac, values)
