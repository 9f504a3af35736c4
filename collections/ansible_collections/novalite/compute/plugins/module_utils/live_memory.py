# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory of a guest that runs, by its balloon. Talks to libvirtd, waits for the guest."""

from __future__ import annotations

import time
from xml.etree import ElementTree

from .host_error import HostError
from .pending import readable_spec
from .units import KIB_PER_MIB
from .xml_tools import memory_mib

_TICK_S = 0.2
STILL_S = 5.0  # a balloon that moves at all does so within a second or two of being told
MOST_S = 120.0


def can_set_memory(guest, entry):
    # type: (object, dict) -> bool
    """A balloon gives and takes up to what QEMU was started with. Where no maximum was ever said, nobody may have
    thought of one: less memory waits then. And where only the maximum changes, all of it waits: how much a guest
    leaves within the one that it has is its own business, and one without a balloon leaves nothing.
    """
    said = readable_spec(guest.running) or {"flavor": {}}
    wanted = readable_spec(guest.defined) or {"flavor": {}}
    return (
        guest.reacts
        and bool(said["flavor"].get("max_ram_mib"))
        and said["flavor"].get("ram_mib") != wanted["flavor"].get("ram_mib")
        and entry["defined"] <= memory_mib(guest.running.find("memory"))
    )


def set_memory(guest, entry):
    # type: (object, dict) -> None
    """Tell the balloon, and wait until the guest has followed. Raises: HostError ``not_true`` where it does not."""
    wanted = entry["defined"]
    guest.connection.set_memory(guest.domain, wanted * KIB_PER_MIB)
    begin = moved = time.monotonic()
    last = entry["running"]
    while True:
        actual = _actual_mib(guest)
        if actual == wanted:
            return
        now = time.monotonic()
        if actual != last:
            last, moved = actual, now
        if now - moved >= STILL_S or now - begin >= MOST_S:
            why = "has it a balloon driver (virtio_balloon), and is it loaded?" if moved == begin else "it is too busy"
            raise HostError("not_true", "the guest still has %d MiB of memory, not %d: %s" % (last, wanted, why))
        time.sleep(_TICK_S)


def _actual_mib(guest):
    # type: (object) -> int
    """Return what QEMU's last event said the guest has: libvirt keeps it, so no monitor is asked."""
    text = guest.connection.running_xml(guest.domain)
    return 0 if text is None else memory_mib(ElementTree.fromstring(text).find("currentMemory"))
