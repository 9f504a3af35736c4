# SPDX-License-Identifier: GPL-3.0-or-later
"""The search for an assignment: backtracking over the slots, cut off at the first prefix that cannot be completed.

Every combination is reached, none is listed that its beginning already rules out, and a state that once led nowhere is
not entered again, whatever led to it. Providers that differ in nothing but the name are tried once. So eight groups on
eight providers take dozens of steps, where the product has 16 million. The problem as such is bin packing: LIMIT steps
are the most, and an answer that was not reached by then is no. Pure.

The rule of booking: the first assignment of this order. Slots with fewer options go first. Of the options, first by
rank (``layout.py``), then whoever is left with the least of what is asked (relative to what it has), then by the order
of the tree.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from novalite.schedule.providers.layout import Layout, Option

LIMIT = 10_000

Chosen = tuple[int, ...]  # the node of each slot


@attrs.frozen(slots=True)
class Answer:
    """``chosen`` is None where nothing fits; then ``exhausted`` tells that the search gave up."""

    chosen: Chosen | None
    exhausted: bool = False


def solve(layout: Layout, free: list[int], limit: int = LIMIT) -> Answer:
    """Return the assignment that is booked. ``free`` is what is left of each stock."""
    search = _Search(layout, free, limit)
    if not search.is_possible():
        return Answer(None)
    chosen = next(search.fill(), None)
    return Answer(chosen, exhausted=search.exhausted)


def assignments(layout: Layout, free: list[int]) -> Iterator[Chosen]:
    """Yield every assignment, the one that is booked first. There may be very many."""
    search = _Search(layout, free, None, every=True)
    if search.is_possible():
        yield from search.fill()


class _Search:
    def __init__(self, layout: Layout, free: list[int], limit: int | None, *, every: bool = False) -> None:
        self.layout = layout
        self.free = list(free)
        self.limit = limit
        self.every = every
        self.exhausted = False
        self.steps = 0
        slots = range(len(layout.options))
        self.live = [sorted(filter(self._fits, layout.options[slot]), key=self._preference) for slot in slots]
        self.order = sorted(slots, key=lambda slot: (len(self.live[slot]), slot))
        self.chosen: list[int | None] = [None for _ in slots]
        self.together = [not layout.demand.slots[slot].suffix for slot in slots]
        self._look_ahead()
        self._dead: set[object] = set()

    def _look_ahead(self) -> None:
        """Note for each depth what the slots from there on can still use or bring."""
        layout, order = self.layout, self.order
        self.relevant: list[tuple[int, ...]] = []
        self.reachable: list[int] = []
        self.alone_left: list[bool] = []
        self.pending: list[tuple[int, ...]] = []
        for depth in range(len(order) + 1):
            rest = order[depth:]
            stocks = {stock for slot in rest for option in self.live[slot] for stock, _ in option.needs}
            self.relevant.append(tuple(sorted(stocks)))
            reachable = 0
            for slot in rest:
                for option in self.live[slot] if self.together[slot] else ():
                    reachable |= layout.covers[option.node]
            self.reachable.append(reachable)
            self.alone_left.append(any(layout.demand.slots[slot].alone for slot in rest))
            open_sets = [numbers for numbers in layout.demand.subtrees if numbers & set(rest)]
            self.pending.append(tuple(sorted(frozenset().union(*open_sets) - set(rest))))

    def is_possible(self) -> bool:
        """Tell what needs no search: is there enough in all, and of single providers for groups that are alone."""
        if not all(self.live):
            return False
        useful = {stock for held in self.live for option in held for stock, _ in option.needs}
        left: dict[str, int] = {}
        for stock in useful:
            name = self.layout.stocks[stock][1]
            left[name] = left.get(name, 0) + max(self.free[stock], 0)
        if any(left.get(name, 0) < amount for name, amount in self.layout.demand.total.items()):
            return False
        return self._matches()

    def _matches(self) -> bool:
        """Tell whether each group that is alone can have a provider of its own (a bipartite matching)."""
        holder: dict[int, int] = {}

        def place(slot: int, seen: set[int]) -> bool:
            for option in self.live[slot]:
                if option.node not in seen:
                    seen.add(option.node)
                    if option.node not in holder or place(holder[option.node], seen):
                        holder[option.node] = slot
                        return True
            return False

        return all(place(slot, set()) for slot in self.order if self.layout.demand.slots[slot].alone)

    def fill(self, depth: int = 0, covered: int = 0) -> Iterator[Chosen]:
        """Yield the completions of what is chosen so far."""
        if depth == len(self.order):
            yield tuple(node for node in self.chosen if node is not None)
            return
        state = self._state(depth, covered)
        if state in self._dead:
            return
        found = False
        slot = self.order[depth]
        for option in self._untried(slot):
            if self.exhausted:
                return
            self.chosen[slot] = option.node
            self._take(option, 1)
            cover = covered | (self.layout.covers[option.node] if self.together[slot] else 0)
            if self._may_be_completed(slot, depth + 1, cover):
                for chosen in self.fill(depth + 1, cover):
                    found = True
                    yield chosen
            self._take(option, -1)
            self.chosen[slot] = None
        if not found and not self.exhausted:
            self._dead.add(state)

    def _untried(self, slot: int) -> Iterator[Option]:
        """Yield the options that fit now, of exchangeable ones the first."""
        tried: set[object] = set()
        alone = self.layout.demand.slots[slot].alone
        for option in self.live[slot]:
            if not self._fits(option) or (alone and self._is_taken_alone(option.node)):
                continue
            if not self.every:
                twin = self._twin(option.node)
                if twin in tried:
                    continue
                tried.add(twin)
            self.steps += 1
            if self.limit is not None and self.steps > self.limit:
                self.exhausted = True
                return
            yield option

    def _is_taken_alone(self, node: int) -> bool:
        slots = self.layout.demand.slots
        return any(held == node and slots[slot].alone for slot, held in enumerate(self.chosen))

    def _twin(self, node: int) -> object:
        """Return what makes a provider: two with the same are exchangeable from here on."""
        if node in self.chosen:
            return node
        stock = [(name, left) for (held, name), left in zip(self.layout.stocks, self.free, strict=True) if held == node]
        return (self.layout.kinds[node], tuple(stock))

    def _state(self, depth: int, covered: int) -> object:
        free = self.free
        alone: tuple[int, ...] = ()
        if self.alone_left[depth]:
            slots = self.layout.demand.slots
            alone = tuple(
                sorted(node for slot, node in enumerate(self.chosen) if node is not None and slots[slot].alone)
            )
        return (
            depth,
            covered,
            tuple([free[stock] for stock in self.relevant[depth]]),
            alone,
            tuple([self.chosen[slot] for slot in self.pending[depth]]),
        )

    def _may_be_completed(self, slot: int, depth: int, covered: int) -> bool:
        full = (1 << len(self.layout.demand.together)) - 1
        if covered | self.reachable[depth] != full:
            return False
        return all(self._is_subtree(numbers) for numbers in self.layout.demand.subtrees if slot in numbers)

    def _is_subtree(self, numbers: frozenset[int]) -> bool:
        """Tell whether one of the chosen is above all the others; while some are missing, whether one could be."""
        nodes = {node for slot in numbers if (node := self.chosen[slot]) is not None}
        common = set.intersection(*(set(self.layout.paths[node]) for node in nodes))
        return bool(common & nodes if all(self.chosen[slot] is not None for slot in numbers) else common)

    def _fits(self, option: Option) -> bool:
        return all(self.free[stock] >= amount for stock, amount in option.needs)

    def _take(self, option: Option, times: int) -> None:
        for stock, amount in option.needs:
            self.free[stock] -= times * amount

    def _preference(self, option: Option) -> tuple[object, ...]:
        left = [(self.free[stock] - amount) / max(self.layout.capacity[stock], 1) for stock, amount in option.needs]
        return (option.rank, math.fsum(left), option.node)
