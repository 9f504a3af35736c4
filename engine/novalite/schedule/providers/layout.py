# SPDX-License-Identifier: GPL-3.0-or-later
"""Layout: what a demand may take of a tree, however full the tree is. Made once for each pair of them. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

from novalite.schedule.providers.assignment import UNSUFFIXED
from novalite.schedule.providers.tree import ROOT

if TYPE_CHECKING:
    from novalite.schedule.providers.demand import Demand, Slot
    from novalite.schedule.providers.tree import Tree, Usage


@attrs.frozen(slots=True)
class Option:
    """A provider that suits a slot: what it would give of which stock, and how gladly it is taken (least first)."""

    node: int
    needs: tuple[tuple[int, int], ...]  # (number of a stock, amount)
    rank: tuple[int, int, int]


@attrs.frozen(slots=True, eq=False)
class Layout:
    """``stocks`` are the inventories that matter, as (node, resource class); all amounts go by their numbers."""

    tree: Tree
    demand: Demand
    stocks: tuple[tuple[int, str], ...]
    capacity: tuple[int, ...]  # of each stock
    options: tuple[tuple[Option, ...], ...]  # of each slot
    covers: tuple[int, ...]  # of each node: which of demand.together it brings, as bits
    kinds: tuple[object, ...]  # of each node: equal ones may be exchanged, as far as nothing is taken yet
    paths: tuple[tuple[int, ...], ...]  # of each node: itself and all above

    def free(self, usage: Usage) -> list[int]:
        """Return what is left of each stock; less than nothing where more is used than there is."""
        return [
            capacity - usage[node].get(name, 0)
            for (node, name), capacity in zip(self.stocks, self.capacity, strict=True)
        ]

    def state(self, free: list[int]) -> tuple[int, ...]:
        """Return all that an answer depends on: of each stock no more than could be asked."""
        total = self.demand.total
        return tuple([max(-1, min(left, total[name])) for (_, name), left in zip(self.stocks, free, strict=True)])


def layout_of(tree: Tree, demand: Demand) -> Layout:
    """Return the layout of a demand on a tree."""
    stocks = [
        (number, name) for number, node in enumerate(tree.nodes) for name, _ in node.inventories if name in demand.total
    ]
    numbers = {stock: number for number, stock in enumerate(stocks)}
    options = tuple(_options(tree, demand, slot, numbers) for slot in demand.slots)
    covers = tuple(
        sum(1 << bit for bit, traits in enumerate(demand.together) if traits & node.traits) for node in tree.nodes
    )
    return Layout(
        tree=tree,
        demand=demand,
        stocks=tuple(stocks),
        capacity=tuple(math.floor(tree.nodes[node].offers[name].capacity) for node, name in stocks),
        options=options,
        covers=covers,
        kinds=_kinds(tree, options, covers),
        paths=tuple(tuple(tree.path(number)) for number in range(len(tree.nodes))),
    )


def _options(tree: Tree, demand: Demand, slot: Slot, numbers: dict[tuple[int, str], int]) -> tuple[Option, ...]:
    return tuple(
        Option(
            number,
            tuple((numbers[number, name], amount) for name, amount in slot.amounts),
            _rank(tree, demand, slot, number),
        )
        for number, node in enumerate(tree.nodes)
        if slot.suits(node)
    )


def _rank(tree: Tree, demand: Demand, slot: Slot, number: int) -> tuple[int, int, int]:
    """Return how gladly a provider is taken, least first: what few others could do is kept for those who ask for it.

    The unsuffixed group takes of the host before it takes of what is shared, and of that before it takes of what is
    inside the host; a suffixed group, which means something inside, the other way round. Then whoever has fewer traits
    that nobody asked for, then whoever offers fewer other classes.
    """
    node = tree.nodes[number]
    place = 1 if node.shared else 0 if (number == ROOT) == (slot.suffix == UNSUFFIXED) else 2
    asked = {name for name, _ in slot.amounts}
    return place, len(node.traits - demand.traits), sum(name not in asked for name, _ in node.inventories)


def _kinds(tree: Tree, options: tuple[tuple[Option, ...], ...], covers: tuple[int, ...]) -> tuple[object, ...]:
    parents = {node.parent for node in tree.nodes}
    suits: list[list[int]] = [[] for _ in tree.nodes]
    for slot, held in enumerate(options):
        for option in held:
            suits[option.node].append(slot)
    return tuple(
        number if number in parents else (node.parent, node.shared, tuple(suits[number]), covers[number])
        for number, node in enumerate(tree.nodes)
    )
