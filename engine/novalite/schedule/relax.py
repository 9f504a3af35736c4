# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest change by which an instance without a host would fit on one: exact, in a documented order. Pure.

For each host: the rules that refuse it, and for each of them what would let it pass (``relaxing``, by the rule's
name; a rule without an entry cannot be relaxed, so its hosts are left out). The best host is the one that needs the
fewest changes, among equals the cheapest (``model/relaxation.py``, COSTS), then the first by name. What is said was
tried: the changed request passes every rule on that host.

Of hosts that refuse by their providers or their NUMA cells no more than SEARCHED are looked at, those first that refuse
by the fewest other rules; ``relaxing/smallest.py`` says how many of them are searched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from novalite.model.relaxation import COSTS, Advice, Relaxation
from novalite.model.trait import DISABLED
from novalite.schedule import filters
from novalite.schedule.relaxing import RULES, Asked, relaxed, shares
from novalite.schedule.relaxing.amounts import less

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Integers, Reals

_UNITS = "UnitsFilter"
SEARCHED = 256


def advise(table: HostTable, request: Request) -> Advice | None:
    """Return the smallest change by which a request would pass on some host; None where none is known."""
    request = _without_status(table, request)
    asked = Asked(table, request)
    rules = filters.applying(table, request)
    refusing = [~rule.mask(table, request) for rule in rules]
    # What a host needs at least. An amount that is too large and has the wrong unit is one change: units count nothing;
    # nor do rules that others may satisfy on the way.
    counts: Integers = np.zeros(len(table), dtype=np.int64)
    bounds: Reals = np.zeros(len(table), dtype=np.float64)
    searched = np.zeros(len(table), dtype=np.bool_)
    for rule, refused in zip(rules, refusing, strict=True):
        is_last = rule.NAME in RULES and RULES[rule.NAME].last
        counts += refused & (rule.NAME != _UNITS) & (not is_last)
        bounds += np.where(refused, _least(rule.NAME, asked), 0.0)
        searched |= refused & is_last
    counts = np.maximum(counts, searched)
    best: Advice | None = None
    left = SEARCHED
    for row in np.lexsort((np.arange(len(table)), bounds, counts)).tolist():
        if not np.isfinite(bounds[row]):
            continue
        if best is not None and (int(counts[row]), float(bounds[row])) >= _rank(best):
            break
        if searched[row]:
            left -= 1
            if left < 0:
                continue
        names = [rule.NAME for rule, refused in zip(rules, refusing, strict=True) if refused[row]]
        found = _on_host(asked, names, row)
        if found is not None and searched[row]:
            found = _needed(asked, found, row)
        if found is not None and (best is None or _rank(found) < _rank(best)) and _holds(asked, found, row):
            best = found
    return best


def _without_status(table: HostTable, request: Request) -> Request:
    """Return the request without the trait of disabled hosts, where a filter refuses those too: it is one thing."""
    shape = request.shape
    if DISABLED not in shape.root_forbidden or "ComputeFilter" not in table.options.enabled_filters:
        return request
    return request._replace(shape=attrs.evolve(shape, root_forbidden=shape.root_forbidden - {DISABLED}))


def _rank(advice: Advice) -> tuple[int, float]:
    return len(advice.changes), advice.cost


def _least(name: str, asked: Asked) -> float | Reals:
    """Return what relaxing one rule costs at least, on each host; infinite where it cannot be."""
    entry = RULES.get(name)
    if entry is None:
        return float("inf")
    if entry.last:
        return 0.0
    if entry.kind != "amount":
        return COSTS[entry.kind]
    found = shares(name, asked)
    return np.where(np.isfinite(found), 0.0, np.inf) if name == _UNITS else found


def _on_host(asked: Asked, names: list[str], row: int) -> Advice | None:
    """Return all that the refusing rules need on one host; None where one of them cannot be relaxed there."""
    changes: dict[tuple[str, str], Relaxation] = {}
    for name in sorted(names, key=lambda name: RULES[name].last):
        now = asked
        if RULES[name].last:
            now = attrs.evolve(asked, request=relaxed(asked.request, changes.values())[0])
            if _passes(now, name, row):
                continue
        found = RULES[name].relax(now, row)
        if not found:
            return None
        for change in found:
            key = (change.kind, change.subject)
            changes[key] = _further(changes[key], change) if key in changes else change
    return Advice(asked.table.names[row], tuple(changes.values()))


def _needed(asked: Asked, advice: Advice, row: int) -> Advice:
    """Return the advice without what a later change made needless: fewer CPUs, where none are pinned any more."""
    for change in advice.changes if len(advice.changes) > 1 else ():
        fewer = attrs.evolve(advice, changes=tuple(other for other in advice.changes if other is not change))
        if fewer.changes and _holds(asked, fewer, row):
            advice = fewer
    return advice


def _passes(asked: Asked, name: str, row: int) -> bool:
    """Tell whether the request as it is changed so far passes a rule on one host."""
    rules = filters.applying(asked.table, asked.request)
    return all(_lets(rule, asked.table, asked.request, row) for rule in rules if name == rule.NAME)


def _lets(rule: filters.Filter, table: HostTable, request: Request, row: int) -> bool:
    """Tell whether one host passes; rules that would have to search on every host for it are asked about this one."""
    alone: Callable[[HostTable, Request, int], bool] | None = getattr(rule, "passes", None)
    return bool(rule.mask(table, request)[row]) if alone is None else alone(table, request, row)


def _further(before: Relaxation, change: Relaxation) -> Relaxation:
    """Return two changes of one wish as one: of an amount, from what is asked down to what fits in the end."""
    if change.kind != "amount" or change.fits >= before.fits:
        return before
    suffix, _, resource = change.subject.rpartition(":")
    return less(before.rule, resource, before.asked, change.fits, suffix)


def _holds(asked: Asked, advice: Advice, row: int) -> bool:
    """Tell whether the request, as changed, passes every rule on the host, but for those that a changed host passes."""
    request, mended = relaxed(asked.request, advice.changes)
    return all(
        rule.NAME in mended or _lets(rule, asked.table, request, row) for rule in filters.applying(asked.table, request)
    )
