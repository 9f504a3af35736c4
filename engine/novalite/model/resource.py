# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource classes, inventories and usage: Placement's arithmetic of capacity."""

from __future__ import annotations

import attrs

from novalite.shared import amounts

VCPU = "VCPU"
PCPU = "PCPU"
MEMORY_MB = "MEMORY_MB"
DISK_GB = "DISK_GB"
MEM_ENCRYPTION_CONTEXT = "MEM_ENCRYPTION_CONTEXT"
MAX_UNIT = 2_147_483_647

STANDARD_CLASSES = amounts.STANDARD

Usage = dict[str, int]


def is_resource_class(text: object) -> bool:
    """Tell whether a value names a resource class: a standard one, or one that starts with ``CUSTOM_``."""
    return isinstance(text, str) and amounts.is_class(text)


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
