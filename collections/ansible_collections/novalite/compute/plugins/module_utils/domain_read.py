# SPDX-License-Identifier: GPL-3.0-or-later
"""Libvirt domain XML -> facts, and where facts differ from a spec in meaning. Pure.

libvirt adds addresses, aliases, controllers and defaults to what it was given; none of that is read here.
"""

from __future__ import annotations

import os.path
from xml.etree import ElementTree

from .domain_disk import CONFIG, disk_names
from .hardware import compare_hardware, read_hardware
from .port_filter import filter_text, read_filter
from .xml_tools import memory_mib


def read_domain(domain):
    # type: (object) -> dict
    """Return the facts of a domain, given as XML text or as an element.

    ``ports`` are ``{"kind", "source", "mac", "mtu"}``, ``link`` where the cable is unplugged and ``filter`` where there
    is one; ``disks`` are ``{"path", "device", "bus", "format"}`` of those that are files or block devices; ``hardware``
    is as hardware.py says. Only where there is anything to say: ``max_vcpus`` and ``max_ram_mib``, if the guest has
    less at present, and ``media``, what is in each CD-ROM drive but the one of the config drive (None: it is empty).
    """
    if not isinstance(domain, ElementTree.Element):
        domain = ElementTree.fromstring(domain)
    devices = domain.find("devices")
    if devices is None:
        devices = ElementTree.Element("devices")
    facts = {
        "uuid": domain.findtext("uuid"),
        "domain": domain.findtext("name"),
        "title": domain.findtext("title"),
        "virt_type": domain.get("type"),
        "vcpus": 1,
        "ram_mib": 0,
        "ports": [_port(element) for element in devices.findall("interface")],
        "disks": [disk for disk in (_disk(element) for element in devices.findall("disk")) if disk],
        "hardware": read_hardware(domain),
    }
    _read_sizes(domain, facts)
    media = [medium_of(element) for element in devices.findall("disk[@device='cdrom']")]
    media = [path for path in media if path is None or os.path.basename(path) != CONFIG]
    if media:
        facts["media"] = media
    return facts


def _read_sizes(domain, facts):
    # type: (ElementTree.Element, dict) -> None
    vcpu, present = domain.find("vcpu"), domain.find("currentMemory")
    most = int((vcpu is not None and vcpu.text) or 1)
    facts["vcpus"] = int((vcpu is not None and vcpu.get("current")) or most)
    most_mib = memory_mib(domain.find("memory"))
    facts["ram_mib"] = most_mib if present is None else memory_mib(present)
    for name, value, now in (("max_vcpus", most, facts["vcpus"]), ("max_ram_mib", most_mib, facts["ram_mib"])):
        if value != now:
            facts[name] = value


def medium_of(drive):
    # type: (ElementTree.Element) -> object
    """Return the file in a CD-ROM drive, ``""`` for what is no file, None where it is empty."""
    source = drive.find("source")
    if source is None or not set(source.attrib) - {"index", "startupPolicy"}:  # a drive that was emptied has a number
        return None
    return source.get("file") or source.get("dev") or ""


def _port(element):
    # type: (ElementTree.Element) -> dict
    kind = element.get("type")
    source = element.find("source")
    mac = element.find("mac")
    mtu = element.find("mtu")
    link = element.find("link")
    port = {
        "kind": "libvirt" if kind == "network" else kind,
        "source": None if source is None else source.get(kind),
        "mac": None if mac is None else mac.get("address"),
        "mtu": None if mtu is None else int(mtu.get("size", "0")),
    }
    if link is not None and link.get("state") == "down":
        port["link"] = "down"
    if element.find("filterref") is not None:
        port["filter"] = read_filter(element)
    return port


def _disk(element):
    # type: (ElementTree.Element) -> object
    source = element.find("source")
    path = None if source is None else source.get("file") or source.get("dev")
    if path is None:
        return None
    driver = element.find("driver")
    target = element.find("target")
    return {
        "path": path,
        "device": element.get("device", "disk"),
        "bus": None if target is None else target.get("bus"),
        "format": None if driver is None else driver.get("type"),
    }


def own_files(facts, folder):
    # type: (dict, str) -> list
    """Return the paths of the disks that lie directly in one folder, sorted."""
    return sorted(disk["path"] for disk in facts["disks"] if os.path.dirname(disk["path"]) == folder)


def drift(spec, facts):
    # type: (dict, dict) -> list
    """Return ``{"path", "expected", "actual"}`` for each thing that a domain's facts and its spec say differently."""
    found = []
    flavor = spec["flavor"]
    _compare(found, "rescue", True, facts.get("rescue", True))  # the disk of a rescue, where the mark says that it is
    _compare(found, "domain", spec["domain"], facts["domain"])
    for name in ("vcpus", "ram_mib"):
        _compare(found, "flavor." + name, flavor[name], facts[name])
        most = flavor.get("max_" + name)
        _compare(found, "flavor.max_" + name, most, facts.get("max_" + name, facts[name] if most else None))
    paths = [disk["path"] for disk in facts["disks"]]
    if "cdrom" in spec:
        paths = _compare_media(found, spec, facts, paths)
    _compare(found, "disks", sorted(disk_names(spec)), sorted(_short(path, spec) for path in paths))
    for path, expected, actual in compare_hardware(spec, facts["virt_type"], facts["hardware"]):
        found.append({"path": path, "expected": expected, "actual": actual})
    expected, actual = spec["ports"], facts["ports"]
    if len(expected) != len(actual):
        _compare(found, "ports", [port["mac"] for port in expected], [port["mac"] for port in actual])
        return found
    for index, (port, fact) in enumerate(zip(expected, actual)):  # noqa: B905
        for key in ("mac", "kind", "source", "mtu"):
            _compare(found, "ports.%d.%s" % (index, key), port.get(key), fact[key])
        _compare(found, "ports.%d.link" % index, port.get("link") or "up", fact.get("link", "up"))
        if port.get("port_security"):  # one that somebody put there is theirs, where we want none
            _compare(found, "ports.%d.port_security" % index, filter_text(port), fact.get("filter"))
    return found


def _compare_media(found, spec, facts, paths):
    # type: (list, dict, dict, list) -> list
    """Compare the second CD-ROM drive; return the paths of the disks without it. The folder of images may be
    anywhere: what it is called in there says which image it is.
    """
    image = spec["cdrom"]
    expected = [image and "%s.%s" % (image["sha256"], image["format"])]
    media = facts.get("media", [])
    actual = [path and os.path.basename(path) for path in media]
    _compare(found, "cdrom", expected, actual)
    return [path for path in paths if path not in media]


def _short(path, spec):
    # type: (str, dict) -> str
    """Return a file's name where it lies in the instance's own folder, and else its whole path."""
    folder, name = os.path.split(path)
    return name if folder.endswith("/instances/" + spec["uuid"]) else path


def _compare(found, path, expected, actual):
    # type: (list, str, object, object) -> None
    if expected != actual:
        found.append({"path": path, "expected": expected, "actual": actual})
