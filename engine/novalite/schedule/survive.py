# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a goal of survival holds: every loss that it speaks of is tried, one after the other. Pure.

A loss is survived where all instances concerned that lived there find a place on the rest at once, by every rule. What
else lives stays where it is; what else was lost takes no place. A refutation names the smallest loss, and the smallest
set of instances that then have no place together. Where nobody could decide a loss, the goal is not proven, and is not
called refuted.
"""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import attrs
import numpy as np

from novalite.model.natural import natural_key
from novalite.model.survival import NOT_PROVEN, PROVEN, REFUTED, CounterExample, Goal, Verdict
from novalite.schedule import filters
from novalite.schedule.domains import domains
from novalite.schedule.resettle import IMPOSSIBLE, PLACED, TRIES, UNKNOWN, Rest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable

MOST_FAILURES = 100_000
_MOST_SETS = 500  # sets of instances that are tried to find the smallest
_MOST_UNSURE = 5  # shown

Living = tuple["Request", int]  # an instance and the row where it lives


def prove(table: HostTable, goal: Goal, living: Sequence[Living], tries: int = TRIES) -> Verdict:
    """Return the verdict on one goal; ``living``: the instances that it is about. The table is left as it was.

    ``tries``: how many hosts a search tries for one loss, before it is left undecided.
    """
    found = domains(table, goal.of)
    verdict = Verdict(goal, PROVEN, 0, len(found), len(living))
    if not found:
        return attrs.evolve(verdict, state=NOT_PROVEN, reason=f"no host is in any {goal.of}")
    tried, unsure = 0, []
    rest = Rest.of(table)
    for lose in range(1, min(goal.lose, len(found)) + 1):
        if tried + comb(len(found), lose) > MOST_FAILURES:
            reason = f"{comb(len(found), lose)} losses of {lose}, and {MOST_FAILURES} are the most that are tried"
            return attrs.evolve(verdict, state=NOT_PROVEN, failures=tried, reason=reason)
        for lost, leaving in _losses(found, lose, living):
            tried += 1
            if not leaving:
                continue
            moving = [request for request, _ in leaving]
            with rest.lost([row for domain in lost for row in found[domain]], leaving):
                outcome = rest.resettle(moving, tries)
                if outcome == IMPOSSIBLE:
                    counter = _counter_example(rest, lost, moving)
                    return attrs.evolve(verdict, state=REFUTED, failures=tried, counter=counter)
            if outcome == UNKNOWN:
                unsure.append(lost)
    if unsure:
        reason = f"{len(unsure)} of {tried} losses could not be decided"
        return attrs.evolve(
            verdict, state=NOT_PROVEN, failures=tried, unsure=tuple(unsure[:_MOST_UNSURE]), reason=reason
        )
    return attrs.evolve(verdict, failures=tried)


def _losses(
    found: Mapping[str, Sequence[int]], lose: int, living: Sequence[Living]
) -> Iterator[tuple[tuple[str, ...], list[Living]]]:
    """Yield each set of lost domains, with the instances that lived in them."""
    homes: dict[int, list[Living]] = {}
    for request, row in living:
        homes.setdefault(row, []).append((request, row))
    for lost in combinations(found, lose):
        rows = sorted({row for domain in lost for row in found[domain]})
        yield lost, [one for row in rows for one in homes.get(row, ())]


def _counter_example(rest: Rest, lost: tuple[str, ...], moving: Sequence[Request]) -> CounterExample:
    """Return a smallest set of the instances that have no place together; the loss is in force."""
    stuck = sorted(moving, key=lambda request: natural_key(request.name))
    for request in stuck:
        if rest.resettle([request]) == IMPOSSIBLE:
            return CounterExample(lost, (request.name,), {request.name: _refusals(rest, request)})
    for request in tuple(stuck):  # leave out whatever can be left out
        fewer = [other for other in stuck if other is not request]
        if rest.resettle(fewer) == IMPOSSIBLE:
            stuck = fewer
    smaller, is_smallest = _smaller(rest, moving, len(stuck))
    return CounterExample(lost, tuple(request.name for request in smaller or stuck), {}, is_smallest)


def _smaller(rest: Rest, moving: Sequence[Request], size: int) -> tuple[tuple[Request, ...] | None, bool]:
    """Return a smallest set below a size that is impossible, or None; and whether all smaller ones were looked at.

    Of sets of instances that are alike one is tried.
    """
    ordered = sorted(moving, key=lambda request: natural_key(request.name))
    seen: set[tuple[object, ...]] = set()
    is_sure, left = True, _MOST_SETS
    for less in range(2, size):
        for some in combinations(ordered, less):
            kind = tuple(sorted((repr(request.shape), repr(request.group)) for request in some))
            if kind in seen:
                continue
            seen.add(kind)
            left -= 1
            if not left:
                return None, False
            outcome = rest.resettle(some)
            if outcome == IMPOSSIBLE:
                return some, is_sure
            is_sure = is_sure and outcome == PLACED
    return None, is_sure


def _refusals(rest: Rest, request: Request) -> str:
    """Return how many of the hosts that are left each filter refuses first."""
    left, counts = rest.alive.copy(), []
    for rule in filters.applying(rest.table, request):
        refused = left & ~rule.mask(rest.table, request)
        if refused.any():
            counts.append(f"{int(np.count_nonzero(refused))} {rule.NAME}")
            left &= ~refused
    return ", ".join(counts) or "no host is left"
