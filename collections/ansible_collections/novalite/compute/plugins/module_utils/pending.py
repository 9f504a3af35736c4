# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a domain's definition waits for its next power-on: where what runs differs from it in meaning. Pure.

libvirt fills in what runs with much that says nothing: expanded CPUs, names of tap devices, aliases, labels, where a
balloon or a guest's own hand on a CD-ROM tray stands. None of that is pending (``NOISE``).
"""

from __future__ import annotations

import os.path
from xml.etree import ElementTree  # noqa: F401 (in type comments)

from .domain_read import medium_of, read_domain
from .hardware import MAY_APPEAR
from .metadata import MarkUnreadable, spec_from_domain

# Path of hardware; (running, defined) -> whether that difference says nothing; why.
NOISE = (
    ("cpu.mode", lambda running, defined: (running, defined) == ("custom", "host-model"), "libvirt expands the model"),
    ("cpu.maxphysaddr", lambda _running, defined: defined is None, "the model of the host brings it along"),
)
_SIZES = ("vcpus", "ram_mib")


def pending(running, defined, defined_facts=None):
    # type: (ElementTree.Element, ElementTree.Element, object) -> list
    """Return ``{"path", "running", "defined"}`` for each thing that the next power-on changes, by the names of drift.

    ``defined_facts`` are what ``read_domain`` says of ``defined``, if that is known already.
    """
    now, then = read_domain(running), defined_facts or read_domain(defined)
    found = []
    _compare_sizes(found, running, defined, now, then)
    _note(found, "hardware.os.machine", *[domain.find("os/type").get("machine") for domain in (running, defined)])
    _compare_disks(found, _disks(now), _disks(then))
    _compare_media(found, running, defined)
    _compare_ports(found, now["ports"], then["ports"], (running, defined))
    left, right = now["hardware"], then["hardware"]
    for name in sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name)):
        if not _is_noise(name, left.get(name), right.get(name)):
            _note(found, "hardware." + name, left.get(name), right.get(name))
    return found


def _note(found, path, running, defined):
    # type: (list, str, object, object) -> None
    if running != defined:
        found.append({"path": path, "running": running, "defined": defined})


def _is_noise(name, running, defined):
    # type: (str, object, object) -> bool
    if name in MAY_APPEAR and defined is None:
        return True
    return any(name == path and says_nothing(running, defined) for path, says_nothing, _reason in NOISE)


def _compare_sizes(found, running, defined, now, then):
    # type: (list, ElementTree.Element, ElementTree.Element, dict, dict) -> None
    for name in _SIZES:
        most = [facts.get("max_" + name, facts[name]) for facts in (now, then)]
        is_said = any(limit != facts[name] for limit, facts in zip(most, (now, then)))  # noqa: B905
        # Marks are read where it matters only: of hundreds of guests that is most of what looking for this takes.
        is_other = now[name] != then[name]
        if is_other and (name == "vcpus" or most[0] != most[1] or _is_balloon_ours(running, defined)):
            _note(found, "flavor." + name, now[name], then[name])
        if is_said:
            _note(found, "flavor.max_" + name, most[0], most[1])


def _is_balloon_ours(running, defined):
    # type: (ElementTree.Element, ElementTree.Element) -> bool
    """Within the same maximum a balloon moves by itself (a guest that boots has all of the memory at first): only what
    we were asked and did not reach is pending, which the mark of what runs tells.
    """
    specs = [readable_spec(domain) for domain in (running, defined)]
    return all(specs) and specs[0]["flavor"]["ram_mib"] != specs[1]["flavor"]["ram_mib"]


def readable_spec(domain):
    # type: (ElementTree.Element) -> object
    """Return the spec in a mark, or None where there is none that can be read."""
    try:
        return spec_from_domain(domain)
    except MarkUnreadable:
        return None


def _disks(facts):
    # type: (dict) -> dict
    """Return name -> bus of the disks that are no CD-ROMs."""
    folder = "/instances/" + facts["uuid"]
    found = {}
    for disk in facts["disks"]:
        if disk["device"] != "cdrom":
            above, name = os.path.split(disk["path"])
            found[name if above.endswith(folder) else disk["path"]] = disk["bus"]
    return found


def _compare_disks(found, now, then):
    # type: (list, dict, dict) -> None
    _note(found, "disks", sorted(now), sorted(then))
    for name in sorted(set(now) & set(then)):
        _note(found, "disks.%s.bus" % name, now[name], then[name])


def drives_of(domain):
    # type: (ElementTree.Element) -> dict
    """Return target -> (file or None, whether the guest has opened the tray) of each CD-ROM drive."""
    found = {}
    for disk in domain.findall("devices/disk[@device='cdrom']"):
        target = disk.find("target")
        found[target.get("dev")] = (medium_of(disk), target.get("tray") == "open")
    return found


def _compare_media(found, running, defined):
    # type: (list, ElementTree.Element, ElementTree.Element) -> None
    now, then = drives_of(running), drives_of(defined)
    is_same = set(now) == set(then) and all(now[name][1] or now[name][0] == then[name][0] for name in now)
    if not is_same:
        _note(found, "cdrom", *[[drives[name][0] for name in sorted(drives)] for drives in (now, then)])


def _attribute(domain, tag, name):
    # type: (ElementTree.Element, str, str) -> dict
    """Return MAC -> an attribute of a child of each card."""
    cards = [(card.find("mac"), card.find(tag)) for card in domain.findall("devices/interface")]
    return {mac.get("address"): child.get(name) for mac, child in cards if mac is not None and child is not None}


def _compare_ports(found, now, then, domains):
    # type: (list, list, list, tuple) -> None
    """Cards are told by their MACs: what runs lists them in the order in which they were plugged in."""
    by_mac = {port["mac"]: port for port in now}
    networks = _attribute(domains[0], "source", "network")
    models = [_attribute(domain, "model", "type") for domain in domains]
    macs = [sorted(str(port["mac"]) for port in ports) for ports in (now, then)]
    _note(found, "ports", *macs)
    for index, port in enumerate(then):
        other = by_mac.get(port["mac"])
        if other is None:
            continue
        network = networks.get(port["mac"])
        if network:  # of a network that is a bridge, libvirt tells the bridge
            other = dict(other, kind="libvirt", source=network)
        keys = ("kind", "source", "mtu") if port["mtu"] is not None else ("kind", "source")
        for key in keys:
            _note(found, "ports.%d.%s" % (index, key), other[key], port[key])
        _note(found, "ports.%d.model" % index, *[model.get(port["mac"]) for model in models])
        _note(found, "ports.%d.link" % index, other.get("link", "up"), port.get("link", "up"))
        _note(found, "ports.%d.port_security" % index, other.get("filter"), port.get("filter"))
