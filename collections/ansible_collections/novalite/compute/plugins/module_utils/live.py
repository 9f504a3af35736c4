# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a domain that runs what its definition says already, as far as that is possible without a power cycle.

Talks to libvirtd. ``LIVE`` has a row for each path that can be changed so; what has none waits for the next power-on,
and so does what a row's limits forbid. Whatever was done is read back.
"""

from __future__ import annotations

from collections import namedtuple
from xml.etree import ElementTree

from . import failpoint
from .host_error import HostError
from .live_cpu import (
    can_set_limit,
    can_set_pins,
    can_set_vcpus,
    is_set,
    set_emulator_pins,
    set_limit,
    set_pins,
    set_vcpus,
)
from .live_devices import can_change_disks, can_change_media, change_disks, change_media
from .live_memory import can_set_memory, set_memory
from .live_ports import can_change_ports, change_ports, limit_disks, limit_ports, plug_port
from .metadata import NAMESPACE, PREFIX, MarkUnreadable, mark_xml, spec_from_domain, state_from_domain
from .pending import pending
from .states import RUNNING

# Path (a port's without its number); (Guest, entry of pending) -> whether it can be done; what does it; the limits.
Row = namedtuple("Row", "path can act limits")


def _always(_guest, _entry):
    # type: (object, dict) -> bool
    return True


_SET = "set, not taken away: what no limit is, only a new start knows"
LIVE = (
    Row("flavor.vcpus", can_set_vcpus, set_vcpus, "more, up to the most of its last start"),
    Row("flavor.ram_mib", can_set_memory, set_memory, "by its balloon, up to the most of its last start; not paused"),
    Row(
        "disks",
        can_change_disks,
        change_disks,
        "on virtio and SCSI, while there is a free slot; out only where not paused",
    ),
    Row("cdrom", can_change_media, change_media, "what is in a drive; not the drive itself"),
    Row("ports", can_change_ports, change_ports, "while there is a free slot; out only where not paused"),
    Row("ports.kind", _always, plug_port, ""),
    Row("ports.source", _always, plug_port, ""),
    Row("ports.link", _always, plug_port, ""),
    Row("ports.port_security", _always, plug_port, ""),
    Row("hardware.cputune.shares", can_set_limit, set_limit, _SET),
    Row("hardware.cputune.period", can_set_limit, set_limit, _SET),
    Row("hardware.cputune.quota", can_set_limit, set_limit, _SET),
    Row("hardware.cputune.vcpupin", can_set_pins, set_pins, _SET),
    Row("hardware.cputune.emulatorpin", is_set, set_emulator_pins, _SET),
    Row("hardware.disks.iotune", _always, limit_disks, ""),
    Row("hardware.ports.bandwidth", _always, limit_ports, ""),
)
_ROWS = {row.path: row for row in LIVE}

# What a row works with; ``running`` and ``defined`` are elements; ``reacts`` is false for a guest that is paused: it
# neither moves its balloon nor lets go of a device.
Guest = namedtuple("Guest", "connection domain running defined reacts")


def row_of(path):
    # type: (str) -> object
    """Return the row of a path of pending, or None where it waits for the next power-on."""
    parts = path.split(".")
    return _ROWS.get(".".join([parts[0]] + parts[2:]) if parts[0] == "ports" and len(parts) > 2 else path)


def look(host, domain):
    # type: (object, object) -> Guest
    """Return the guest as it is now. Raises: HostError ``not_found`` where it went away."""
    text = host.connection.running_xml(domain)
    if text is None:
        raise HostError("not_found", "its domain went away meanwhile")
    defined = ElementTree.fromstring(host.connection.domain_xml(domain))
    reacts = host.connection.power(domain) == RUNNING
    return Guest(host.connection, domain, ElementTree.fromstring(text), defined, reacts)


def hot_changes(guest):
    # type: (Guest) -> list
    """Return (row, entry) for what is pending and need not be."""
    found = [(row_of(entry["path"]), entry) for entry in pending(guest.running, guest.defined)]
    return [(row, entry) for row, entry in found if row is not None and row.can(guest, entry)]


def apply_live(host, domain):
    # type: (object, object) -> tuple
    """Change what runs; return (whether anything changed, what went wrong: path -> sentence)."""
    guest = look(host, domain)
    done, failed = [], {}
    for row, entry in hot_changes(guest):
        try:
            with failpoint.around("domain.live"):
                row.act(guest, entry)
            done.append(entry["path"])
        except HostError as error:
            if error.id == "failpoint":
                raise
            failed[entry["path"]] = error.message
    after = look(host, domain) if done or failed else guest
    left = {entry["path"]: entry for _row, entry in hot_changes(after)}
    for path in done:
        if path in left:
            failed[path] = "QEMU still has %(running)r, not %(defined)r" % left[path]
    is_marked = _mark(host, after, "flavor.ram_mib" in failed)
    return bool(done or is_marked), failed


def _said(domain):
    # type: (ElementTree.Element) -> tuple
    """Return the spec and the state in a mark, twice None where it cannot be read: it is written anew then."""
    try:
        return spec_from_domain(domain), state_from_domain(domain)
    except MarkUnreadable:
        return None, None


def _mark(host, guest, is_memory_late):
    # type: (object, Guest, bool) -> bool
    """Let the mark of what runs say what it is; its memory is what it was where the guest did not follow."""
    running, state_there = _said(guest.running)
    defined, state = spec_from_domain(guest.defined), state_from_domain(guest.defined)
    if is_memory_late and running is not None:
        defined = dict(defined, flavor=dict(defined["flavor"], ram_mib=running["flavor"]["ram_mib"]))
    title = guest.defined.findtext("title")
    if (running, state_there, guest.running.findtext("title")) == (defined, state, title):
        return False
    with failpoint.around("domain.mark"):
        xml = mark_xml(defined, state)
        host.connection.set_running_mark(guest.domain, xml, PREFIX, NAMESPACE, title)
    return True
