# SPDX-License-Identifier: GPL-3.0-or-later
"""PCI devices of a host, and what a guest asks of them. Source: nova/pci/{stats,request}.py."""

from __future__ import annotations

import attrs


@attrs.frozen(slots=True)
class PciPool:
    """Devices of a host that are alike: ``free`` of them may still be given away."""

    vendor_id: str
    product_id: str
    free: int
    device_type: str = "type-PCI"  # type-PCI, type-PF, type-VF
    numa_node: int | None = None
    addresses: tuple[str, ...] = ()  # of the free ones, in the order in which they are given away
    tags: tuple[tuple[str, str], ...] = ()  # physical_network, resource_class, traits, live_migratable, ...
    used: tuple[str, ...] = ()  # addresses of those given away, where they are known
    parent: str | None = None  # address of the physical function whose virtual functions these are


@attrs.frozen(slots=True)
class PciAlias:
    """A name for devices that serve the same purpose; any one of ``specs`` will do.

    Keys of a spec: vendor_id, product_id, dev_type, resource_class, traits (comma list), live_migratable ("true",
    "false"). Source: nova/pci/request.py, get_alias_from_config.
    """

    name: str
    specs: tuple[tuple[tuple[str, str], ...], ...]
    numa_policy: str = "legacy"


@attrs.frozen(slots=True)
class PciRequest:
    """``count`` devices, each matching any one of ``specs`` (key, value); numa_policy as of the alias or the flavor."""

    alias: str
    count: int
    specs: tuple[tuple[tuple[str, str], ...], ...]
    numa_policy: str = "legacy"  # required, preferred, legacy, socket
