# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource classes, inventories and usage: Placement's arithmetic of capacity."""

from __future__ import annotations

import re

import attrs

VCPU = "VCPU"
PCPU = "PCPU"
MEMORY_MB = "MEMORY_MB"
DISK_GB = "DISK_GB"
MEM_ENCRYPTION_CONTEXT = "MEM_ENCRYPTION_CONTEXT"
MAX_UNIT = 2_147_483_647

# Source: os_resource_classes/__init__.py.
STANDARD_CLASSES = frozenset(
    {
        VCPU,
        MEMORY_MB,
        DISK_GB,
        "PCI_DEVICE",
        "SRIOV_NET_VF",
        "NUMA_SOCKET",
        "NUMA_CORE",
        "NUMA_THREAD",
        "NUMA_MEMORY_MB",
        "IPV4_ADDRESS",
        "VGPU",
        "VGPU_DISPLAY_HEAD",
        "NET_BW_EGR_KILOBIT_PER_SEC",
        "NET_BW_IGR_KILOBIT_PER_SEC",
        "PCPU",
        "MEM_ENCRYPTION_CONTEXT",
        "FPGA",
        "PGPU",
        "NET_PACKET_RATE_KILOPACKET_PER_SEC",
        "NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC",
        "NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC",
    }
)
_CUSTOM_CLASS = re.compile(r"CUSTOM_[A-Z0-9_]{1,248}")

Usage = dict[str, int]


def is_resource_class(text: object) -> bool:
    """Tell whether a value names a resource class: a standard one, or one that starts with ``CUSTOM_``."""
    return isinstance(text, str) and (text in STANDARD_CLASSES or _CUSTOM_CLASS.fullmatch(text) is not None)


@attrs.frozen(slots=True)
class Inventory:
    """What one host has of one resource class. Source: placement/objects/inventory.py."""

    total: int
    reserved: int = 0
    min_unit: int = 1
    max_unit: int = MAX_UNIT
    step_size: int = 1
    allocation_ratio: float = 1.0

    @property
    def capacity(self) -> float:
        """Return how much may be allocated: a real number, never rounded (Placement compares it so)."""
        return (self.total - self.reserved) * self.allocation_ratio

    def fits(self, used: int, amount: int) -> bool:
        """Tell whether a request fits beside what is used already."""
        return (
            used + amount <= self.capacity and self.min_unit <= amount <= self.max_unit and amount % self.step_size == 0
        )
