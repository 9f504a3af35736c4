# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree of providers as one row of the table's columns. Pure.

Sums over the tree: ``free`` is what is left of all its providers together, the most that a request could find, so that
the filters of single classes never refuse what the tree can give; units are the widest. Weighers see all of it too.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from novalite.schedule.providers.tree import Tree, Usage
    from novalite.schedule.table import Resource


def write_row(column: Resource, row: int, name: str, tree: Tree, usage: Usage) -> None:
    """Write one class of one host; ``usage`` is of each node."""
    held = [
        (inventory, used.get(name, 0))
        for node, used in zip(tree.nodes, usage, strict=True)
        if (inventory := node.offers.get(name)) is not None
    ]
    total = sum(inventory.total for inventory, _ in held)
    column.total[row] = total
    column.reserved[row] = sum(inventory.reserved for inventory, _ in held)
    column.unreserved[row] = column.total[row] - column.reserved[row]
    column.ratio[row] = math.fsum(item.total * item.allocation_ratio for item, _ in held) / total if total else 1.0
    column.min_unit[row] = min((inventory.min_unit for inventory, _ in held), default=1)
    column.max_unit[row] = max((inventory.max_unit for inventory, _ in held), default=0)
    column.step_size[row] = math.gcd(*(inventory.step_size for inventory, _ in held)) or 1
    column.capacity[row] = sum(math.floor(inventory.capacity) for inventory, _ in held)
    column.used[row] = sum(used for _, used in held)
    column.free[row] = sum(max(math.floor(inventory.capacity) - used, 0) for inventory, used in held)
