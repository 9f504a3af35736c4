# SPDX-License-Identifier: GPL-3.0-or-later
"""Host: all that the scheduler may know of one host. Pure.

Every field but the name has a default, so that a host can be written by hand: in a test, for a what-if, or to hold one
filter's answer against Nova's. ``host_from_observed`` makes them of what hosts reported.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import attrs

from novalite.schedule.request import shape_from_spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.numa import HostCell
    from novalite.model.observed import ObservedHost, ObservedInstance
    from novalite.model.pci import PciPool
    from novalite.model.provider import Provider
    from novalite.model.resource import Inventory
    from novalite.schedule.request import Shape


# Beginnings of extra specs that ask something of providers.
_TELLING = ("resources", "trait", "any_trait")


@attrs.frozen(slots=True)
class Resident:
    """A guest that lives on a host: what filters and weighers may ask about it."""

    name: str
    uuid: str = ""
    image_properties: Mapping[str, str] = attrs.field(factory=dict)
    project: str | None = ""  # empty: anybody's; None: not an instance of ours, so its name means nothing here
    usage: Mapping[str, int] = attrs.field(factory=dict)  # what it takes of the host: a part of Host.used
    asks: Shape | None = None  # what it asked for, where that tells the providers of the host apart


@attrs.frozen(slots=True)
class Host:
    """One host. Amounts as in Placement: MEMORY_MB in MiB, DISK_GB in GiB."""

    name: str
    zone: str | None = None
    enabled: bool = True
    up: bool = True
    traits: frozenset[str] = frozenset()
    inventories: Mapping[str, Inventory] = attrs.field(factory=dict)
    used: Mapping[str, int] = attrs.field(factory=dict)  # by everything on it
    providers: tuple[Provider, ...] = ()  # inside it; a parent stands before its children
    networks: frozenset[tuple[str, str]] = frozenset()  # (kind, name on the host)
    address: str | None = None  # Nova's host_ip
    hypervisor_type: str = "QEMU"
    hypervisor_version: int = 0  # as libvirt says it: 7002022 is 7.2.22
    supported: frozenset[tuple[str, str, str]] = frozenset({("x86_64", "kvm", "hvm")})  # (architecture, type, VM mode)
    cpu_info: Mapping[str, Any] = attrs.field(factory=dict)  # {"arch": .., "model": .., "maxphysaddr": {"bits": 46}}
    stats: Mapping[str, Any] = attrs.field(factory=dict)  # further attributes (ComputeCapabilitiesFilter, JsonFilter)
    metrics: Mapping[str, float] = attrs.field(factory=dict)
    residents: tuple[Resident, ...] = ()
    num_instances: int = 0
    io_ops: int = 0  # building, resizing, ... at this moment; a host at rest has none, whatever a crash left on it
    failed_builds: int = 0
    cell: str | None = None
    numa: tuple[HostCell, ...] = ()
    pci: tuple[PciPool, ...] = ()


def host_from_observed(host: ObservedHost) -> Host:
    """Return what a host reported, as the scheduler sees it."""
    residents = tuple(
        [
            Resident(
                item.name,
                item.uuid,
                item.spec["image"].get("properties") or {},
                item.project,
                item.usage,
                _asks(item) if host.providers else None,
            )
            for item in host.instances
        ]
        + [Resident(item.domain, item.uuid, project=None, usage=item.usage) for item in host.foreign]
    )
    return Host(
        name=host.name,
        zone=host.zone,
        enabled=host.enabled,
        traits=host.traits,
        inventories=host.inventories,
        used=host.used,
        providers=host.providers,
        networks=_networks(host.networks, host.bridges),
        address=host.address,
        hypervisor_type=host.hypervisor_type,
        hypervisor_version=host.hypervisor_version,
        supported=host.supported or _supported(host.virt_type, str(host.cpu_info.get("arch") or "x86_64")),
        cpu_info=host.cpu_info,
        stats=host.stats,
        metrics=host.metrics,
        residents=residents,
        num_instances=len(residents),
        cell=host.cell,
        numa=host.numa,
        pci=host.pci,
    )


def _asks(item: ObservedInstance) -> Shape | None:
    """Return what an instance asked for, where its flavor tells providers apart."""
    specs = item.spec["flavor"].get("extra_specs") or ()
    return shape_from_spec(item.spec) if any(key.startswith(_TELLING) for key in specs) else None


# Hosts of a kind share these, too.
@lru_cache(maxsize=1024)
def _networks(networks: frozenset[str], bridges: frozenset[str]) -> frozenset[tuple[str, str]]:
    return frozenset([("libvirt", name) for name in networks] + [("bridge", name) for name in bridges])


@lru_cache(maxsize=64)
def _supported(virt_type: str, arch: str) -> frozenset[tuple[str, str, str]]:
    """Return what guests a host runs that does not tell; one with kvm emulates too."""
    types = {virt_type, "qemu"} if virt_type == "kvm" else {virt_type}
    return frozenset((arch, kind, "hvm") for kind in types)
