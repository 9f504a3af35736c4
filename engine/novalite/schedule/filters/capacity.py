# SPDX-License-Identifier: GPL-3.0-or-later
"""Placement's arithmetic over all hosts, shared by the filters for one resource class each. Not a filter itself.

Source: placement/objects/inventory.py and research_context.py: used + amount <= (total - reserved) x allocation_ratio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from novalite.schedule.table import HostTable, Mask


def has_room(table: HostTable, resource_class: str, amount: int) -> Mask:
    """Return the hosts on which an amount fits beside what is used."""
    passed: Mask = table.resource(resource_class).free >= amount
    return passed


def numbers(table: HostTable, resource_class: str, amount: int, row: int) -> str:
    """Return the amount asked and what is available on one host, with where that comes from."""
    found = table.resource(resource_class)
    total, reserved, ratio = int(found.total[row]), int(found.reserved[row]), float(found.ratio[row])
    if not total:
        return f"asked {amount} {resource_class}, the host has none"
    free = max(int(found.free[row]), 0)
    parts = f"total {total}, reserved {reserved}, ratio {ratio:g}, used {int(found.used[row])}"
    return f"asked {amount} {resource_class}, free {free} ({parts})"
