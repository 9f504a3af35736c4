# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource classes, inventories and usage: Placement's arithmetic of capacity."""

from __future__ import annotations

import attrs

VCPU = "VCPU"
MEMORY_MB = "MEMORY_MB"
DISK_GB = "DISK_GB"
MAX_UNIT = 2_147_483_647

Usage = dict[str, int]


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
