# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest set of changes that is enough, for rules that weigh many wishes against each other. Pure.

A wish is given up, or not; a dial is turned down as far as needed, no further. Fewest changes first, then the cheapest,
then the first. One change and two are all tried, and after them ``last`` resorts; where more are needed the wishes are
given up one after the other, the cheapest first, and those that turn out not to matter are kept: of that set each is
needed, but there may be a smaller one. TRIES attempts are the most before that, however many wishes there are.

What was found is remembered by what it depends on, so hosts that are alike are searched once. Of hosts that are not,
STATES are searched for one request: what more of them would say is not known.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from novalite.model.relaxation import Relaxation
    from novalite.schedule.relaxing.asked import Asked

TRIES = 200
STATES = 16

Found = tuple["Relaxation", ...]


@attrs.frozen(slots=True)
class Dial:
    """An amount that may be less: ``grids`` hold the amounts below what is asked that could be given, ascending.

    On each grid less never fits worse than more (a grid is what one provider, or one size of pages, could give).
    """

    grids: tuple[Sequence[int], ...]
    at: Callable[[int], Relaxation]


def remembered(asked: Asked, kind: str, state: Hashable, find: Callable[[], Found]) -> Found:
    """Return what ``find`` found for the request on a host in this state; none where too many others were searched."""
    key = (asked.shape, state)
    seen: set[object] = asked.memo.setdefault(kind, set())
    if key not in seen and len(seen) >= STATES:
        return ()
    seen.add(key)
    known: dict[object, Found] = asked.table.keep(f"relaxed {kind}", dict)
    if key not in known:
        known[key] = find()
    return known[key]


def smallest(
    wishes: Iterable[Relaxation],
    dials: Iterable[Dial],
    fits: Callable[[Found], bool],
    last: Iterable[Relaxation] = (),
) -> Found:
    """Return the changes that are all needed for ``fits`` to say yes; none where all together are not enough."""
    search, resorts = _Search(tuple(wishes), tuple(dials), fits), tuple(last)
    first = search.wishes
    found = search.of(1) or search.of(2)
    if resorts and not found:
        search.wishes = resorts
        found = search.of(1) or search.of(2)
        search.wishes = (*first, *resorts)
    return found or search.by_leaving_out()


@attrs.define(slots=True)
class _Search:
    wishes: Found
    dials: tuple[Dial, ...]
    fits: Callable[[Found], bool]
    left: int = TRIES

    def of(self, size: int) -> Found:
        """Return the cheapest set of one or two changes; the first of equals."""
        found = [some for some in (self._single() if size == 1 else self._pairs()) if some]
        return min(found, key=_cost, default=())

    def _single(self) -> Iterator[Found]:
        for wish in self.wishes:
            yield (wish,) if self._try((wish,)) else ()
        for dial in self.dials:
            yield self._turned(dial)

    def _pairs(self) -> Iterator[Found]:
        for pair in combinations(self.wishes, 2):
            yield pair if self._try(pair) else ()
        for dial in self.dials:
            for wish in self.wishes:
                yield self._turned(dial, (wish,))
        for one, other in combinations(self.dials, 2):
            for first, second in ((one, other), (other, one)):
                # The first as little as it may, with the second at its least; then the second as little as it may.
                for least in {grid[0] for grid in second.grids if grid}:
                    turned = self._turned(first, (second.at(least),))
                    if turned:
                        yield self._turned(second, turned[1:]) or turned

    def _turned(self, dial: Dial, beside: Found = ()) -> Found:
        """Return the changes beside, and the largest amount that fits with them; none where there is none."""
        best: int | None = None
        for grid in dial.grids:
            low, high = -1, len(grid)
            while high - low > 1:
                middle = (low + high) // 2
                if self._try((*beside, dial.at(grid[middle]))):
                    low = middle
                else:
                    high = middle
            if low >= 0:
                best = grid[low] if best is None else max(best, grid[low])
        return () if best is None else (*beside, dial.at(best))

    def by_leaving_out(self) -> Found:
        """Return a set of wishes none of which can be left out."""
        self.left = 3 * len(self.wishes)  # enough for all that follows
        given: list[Relaxation] = []
        for wish in sorted(self.wishes, key=lambda wish: wish.cost):
            given.append(wish)
            if self._try(tuple(given)):
                break
        else:
            return ()
        for wish in tuple(reversed(given[:-1])):
            fewer = tuple(other for other in given if other is not wish)
            if self._try(fewer):
                given.remove(wish)
        return tuple(given)

    def _try(self, changes: Found) -> bool:
        self.left -= 1
        return self.left >= 0 and self.fits(changes)


def _cost(changes: Iterable[Relaxation]) -> float:
    return sum(change.cost for change in changes)
