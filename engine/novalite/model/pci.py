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
    tags: tuple[tuple[str, str], ...] = ()  # physical_network, resource_class, ...


@attrs.frozen(slots=True)
class PciRequest:
    """``count`` devices, each matching any one of ``specs`` (key, value); numa_policy as of the alias or the flavor."""

    alias: str
    count: int
    specs: tuple[tuple[tuple[str, str], ...], ...]
    numa_policy: str = "legacy"  # required, preferred, legacy, socket
