# SPDX-License-Identifier: GPL-3.0-or-later
"""Domains x fleet -> the lines that adopt them: flavors and networks matched or proposed, everything told. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import attrs

from novalite.adopt.names import free_name, legal_name
from novalite.adopt.unsaid import Kept, find_unsaid
from novalite.shared import units

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.adopt.reading import ReadDomain
    from novalite.model.fleet import Fleet

_POWER = {power: power for power in ("running", "paused", "suspended", "shutoff")}
_SOURCES = {
    "network": ("libvirt", re.compile(r"[A-Za-z0-9_.-]{1,64}")),
    "bridge": ("bridge", re.compile(r"[A-Za-z0-9_.-]{1,15}")),
}
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_BYTES_PER_GIB = 1024**3


@attrs.frozen(slots=True)
class Adopted:
    """What becomes of one domain: its name here, what is kept of its XML, and what else its owner should know."""

    name: str
    domain: str
    flavor: str
    image: str | None
    kept: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@attrs.define(slots=True)
class Proposal:
    """``document`` is what is written; ``skipped`` says which domains are not in it, and why."""

    document: dict[str, Any]
    adopted: list[Adopted] = attrs.field(factory=list)
    skipped: list[tuple[str, str]] = attrs.field(factory=list)


def propose(host: str, domains: Iterable[ReadDomain], fleet: Fleet | None, taken: Iterable[str] = ()) -> Proposal:
    """Return the lines for domains of one host; ``taken`` are names that instances of the project have already."""
    maker = _Maker(host, fleet, {*taken, *(fleet.instances if fleet else ())})
    for domain in sorted(domains, key=lambda one: one.domain):
        reason = maker.refusal(domain)
        if reason:
            maker.proposal.skipped.append((domain.domain, reason))
        else:
            maker.add(domain)
    document = maker.proposal.document
    maker.proposal.document = {section: content for section, content in document.items() if content}
    return maker.proposal


class _Maker:
    """Gathers the proposal; what is proposed once is used again."""

    def __init__(self, host: str, fleet: Fleet | None, taken: set[str]) -> None:
        self.host = host
        self.taken = taken
        self.proposal = Proposal({"flavors": {}, "networks": {}, "instances": {}})
        own = list(fleet.instances.values()) if fleet else []
        self.known = {one.adopt.uuid: one.name for one in own if one.adopt is not None}
        images = sorted(fleet.images.items(), reverse=True) if fleet else []
        self.images = {one.sha256: name for name, one in images}
        self.flavors: dict[tuple[int, int, int], str] = {}
        for name, one in sorted(fleet.flavors.items(), reverse=True) if fleet else ():
            if not (one.extra_specs or one.ephemeral_gib or one.swap_mib or one.max_vcpus or one.max_ram_mib):
                self.flavors[one.vcpus, one.ram_mib, one.disk_gib] = name
        networks = sorted(fleet.networks.items(), reverse=True) if fleet else []  # the first by name is taken
        self.networks = {(one.kind, one.source): name for name, one in networks}
        self.flavor_names = set(fleet.flavors) if fleet else set()
        self.network_names = set(fleet.networks) if fleet else set()

    def refusal(self, domain: ReadDomain) -> str:
        """Return why a domain is left out, or nothing."""
        if domain.uuid in self.known:
            return f"the fleet has it already, as {self.known[domain.uuid]}"
        if not domain.persistent:
            return "it is transient: gone when it is powered off; 'virsh define' it first"
        return ""

    def add(self, domain: ReadDomain) -> None:
        element = ElementTree.fromstring(domain.xml)  # noqa: S314 (reading.py: it declares nothing)
        name = free_name(legal_name(domain.domain), self.taken)
        self.taken.add(name)
        kept = find_unsaid(domain.xml)
        image, notes = self.image(domain)
        notes += [f"its name here is {name}"] if name != domain.domain else []
        if domain.power not in _POWER:
            notes.append(f"it is {domain.power}: declared running")
        flavor = self.flavor(element, domain)
        entry = {
            "adopt": {"host": self.host, "uuid": domain.uuid, "domain": domain.domain, "sha256": domain.sha256},
            "flavor": flavor,
            "image": image,
            "networks": self.ports(element),
            "power": _POWER.get(domain.power, "running"),
            "protect": True,
            "extra_xml": kept.xml if kept else None,
        }
        optional = ("networks", "extra_xml")
        self.proposal.document["instances"][name] = {
            key: value for key, value in entry.items() if value or key not in optional
        }
        self.proposal.adopted.append(
            Adopted(name, domain.domain, flavor, image, _names(kept), tuple(notes)),
        )

    def flavor(self, element: ElementTree.Element, domain: ReadDomain) -> str:
        """Return a flavor of these sizes: one of the fleet's, or a new one."""
        vcpus, ram_mib = int(element.findtext("vcpu") or 1), _memory_mib(element.find("memory"))
        size = next((disk.virtual_bytes for disk in domain.disks if disk.virtual_bytes), 0)
        disk_gib = max(1, -(-size // _BYTES_PER_GIB))
        found = self.flavors.get((vcpus, ram_mib, disk_gib))
        if found is None:
            ram = f"{ram_mib // 1024}g" if ram_mib % 1024 == 0 else f"{ram_mib}m"
            found = free_name(f"adopted-{vcpus}c-{ram}-{disk_gib}g", self.flavor_names)
            self.flavor_names.add(found)
            self.flavors[vcpus, ram_mib, disk_gib] = found
            sizes = {"vcpus": vcpus, "ram": units.text_from_mib(ram_mib), "disk": f"{disk_gib}GiB"}
            self.proposal.document["flavors"][found] = sizes
        return found

    def image(self, domain: ReadDomain) -> tuple[str | None, list[str]]:
        """Return the image that its first disk began with, where the fleet has it, and what to tell of its disks."""
        notes = [f"disk {disk.path} cannot be read: {disk.error}" for disk in domain.disks if disk.error]
        first = next(iter(domain.disks), None)
        if first is None or not first.chain:
            return None, notes
        name = self.images.get(first.image or "")
        if name is None:
            known = f", image {first.image[:12]}, which the fleet does not have" if first.image else ""
            notes.append(f"disk {first.target} is based on {first.chain[-1]}{known}")
        return name, notes

    def ports(self, element: ElementTree.Element) -> list[dict[str, str]]:
        """Return its ports on networks and bridges that the language can name."""
        found = []
        for interface in element.findall("devices/interface"):
            kind, pattern = _SOURCES.get(str(interface.get("type")), ("", None))
            source, mac = interface.find("source"), interface.find("mac")
            if pattern is None or source is None or mac is None:
                continue
            target, address = source.get(str(interface.get("type"))) or "", str(mac.get("address")).lower()
            if pattern.fullmatch(target) and _MAC.fullmatch(address):
                found.append({"network": self.network(kind, target), "mac": address})
        return found

    def network(self, kind: str, source: str) -> str:
        """Return a network of the fleet's, or a new one."""
        found = self.networks.get((kind, source))
        if found is None:
            found = free_name(legal_name(source, "net"), self.network_names)
            self.network_names.add(found)
            self.networks[kind, source] = found
            self.proposal.document["networks"][found] = {kind: source}
        return found


def _names(kept: Kept | None) -> tuple[str, ...]:
    return kept.names if kept is not None else ()


_UNITS = {"KiB": 1, "MiB": 1024, "GiB": 1024**2}  # in KiB; libvirt writes KiB, files in tests what they like


def _memory_mib(element: ElementTree.Element | None) -> int:
    if element is None:
        return 0
    kib = int(element.text or 0) * _UNITS.get(element.get("unit", "KiB"), 1)
    return -(-kib // 1024)
