# SPDX-License-Identifier: GPL-3.0-or-later
"""From chosen nodes to what is taken of them, and to names. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule.providers.assignment import Assignment, Grant
from novalite.schedule.providers.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.schedule.providers.demand import Demand, Slot
    from novalite.schedule.providers.layout import Layout

Take = tuple[int, str, int]  # (node, resource class, amount)


def takes_of(demand: Demand, chosen: Sequence[int]) -> tuple[Take, ...]:
    """Return what each node gives, slot by slot."""
    return tuple(
        (node, name, amount) for slot, node in zip(demand.slots, chosen, strict=True) for name, amount in slot.amounts
    )


def assignment_of(demand: Demand, chosen: Sequence[int], names: Sequence[str]) -> Assignment:
    """Return the grants by name; what one node gives to one group is one grant."""
    held: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for slot, node in zip(demand.slots, chosen, strict=True):
        held.setdefault((slot.suffix, node), []).extend(slot.amounts)
    return Assignment(tuple(Grant(suffix, names[node], tuple(given)) for (suffix, node), given in held.items()))


def forced(layout: Layout, free: Sequence[int]) -> tuple[int, ...]:
    """Return nodes for a demand that does not fit, or no longer: what lives there has to be counted somewhere.

    Slot by slot: of the nodes that suit it the one with most left (the least overfull); where none does, one that
    offers its first class; where there is none either, the host.
    """
    left = list(free)
    numbers = {stock: number for number, stock in enumerate(layout.stocks)}
    chosen = []
    for slot, options in zip(layout.demand.slots, layout.options, strict=True):
        nodes = [option.node for option in options] or _offering(layout, slot)
        node = max(nodes, key=lambda node: (_least(left, numbers, node, slot), -node), default=ROOT)
        chosen.append(node)
        for name, amount in slot.amounts:
            if (node, name) in numbers:
                left[numbers[node, name]] -= amount
    return tuple(chosen)


def _offering(layout: Layout, slot: Slot) -> list[int]:
    return [node for node, name in layout.stocks if slot.amounts and name == slot.amounts[0][0]]


def _least(left: Sequence[int], numbers: dict[tuple[int, str], int], node: int, slot: Slot) -> int:
    return min((left[numbers[node, name]] for name, _ in slot.amounts if (node, name) in numbers), default=0)
