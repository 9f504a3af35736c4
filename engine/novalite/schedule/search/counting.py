# SPDX-License-Identifier: GPL-3.0-or-later
"""What counting alone shows to be impossible: more is asked of some hosts than they have. Pure.

Looked at are the hosts that each class of static rules leaves, and all items that have no others than these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from novalite.schedule.search.problem import GroupRule, Problem
    from novalite.schedule.table import Mask


def shortage(problem: Problem) -> str | None:
    """Return what there is not enough of, in words; None where counting does not show that all is impossible."""
    return next(_shortages(problem), None)


def _shortages(problem: Problem) -> Iterator[str]:
    classes = np.array(problem.class_of, dtype=np.intp)
    for mask in {mask.tobytes(): mask for mask in problem.allowed[np.unique(classes)]}.values():
        only_here = ~(problem.allowed & ~mask).any(axis=1)
        inside = np.flatnonzero(only_here[classes]).tolist()
        hosts = int(mask.sum())
        many = f"{len(inside)} instances" if len(inside) > 1 else problem.items[inside[0]]
        if not hosts:
            yield f"the rules of {many} leave no host"
            continue
        who = f"the rules of {many} leave {hosts} {'host' if hosts == 1 else 'hosts'}"
        need, free = problem.demand[inside].sum(axis=0), problem.free[mask].sum(axis=0)
        for column in np.flatnonzero((need > free) & (need > 0)).tolist():
            yield f"{who}: {int(need[column])} {problem.columns[column]} asked, {int(free[column])} free"
        yield from _too_large(problem, inside, mask, who)
        members: dict[int, list[int]] = {}
        for item in inside:
            members.setdefault(problem.group_of[item], []).append(item)
        for group, of in sorted(members.items()):
            if group >= 0 and problem.groups[group].apart:
                yield from _too_many(problem, problem.groups[group], of, mask)


def _too_large(problem: Problem, inside: Sequence[int], mask: Mask, who: str) -> Iterator[str]:
    """Yield what more items of at least some size ask than such pieces fit on the hosts, whole ones."""
    for column, name in enumerate(problem.columns):
        amounts = problem.demand[inside, column]
        for amount in np.unique(amounts[amounts > 0]).tolist():
            asked, there = int((amounts >= amount).sum()), int((problem.free[mask, column] // amount).sum())
            if asked > there:
                yield f"{who}: {asked} of at least {amount} {name} asked, places for {there} free"


def _too_many(problem: Problem, rule: GroupRule, members: Sequence[int], mask: Mask) -> Iterator[str]:
    """Yield that more members of an anti-affinity group have only these hosts than may be on them."""
    least = problem.demand[members].min(axis=0)
    usable = mask & ((problem.free >= least) | (least == 0)).all(axis=1)
    room = sum(max(rule.limit - rule.fixed.get(int(row), 0), 0) for row in np.flatnonzero(usable))
    if len(members) > room:
        yield f"{len(members)} members of group {rule.name} have hosts for {room}, at most {rule.limit} on each"
