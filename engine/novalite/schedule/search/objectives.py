# SPDX-License-Identifier: GPL-3.0-or-later
"""What a good assignment is. An objective gives a tuple of whole numbers for what is placed so far; lower is better.

Every objective but ``Survives`` only grows as items are added, so that what is placed so far is a bound of what may
come of it: exact search relies on that. Values are whole numbers (millionths where shares are meant), so that no sum
depends on its order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs
import numpy as np

from novalite.model.server_group import SOFT_AFFINITY, SOFT_ANTI_AFFINITY
from novalite.schedule.search.problem import NOWHERE, Problem, Where

if TYPE_CHECKING:
    from collections.abc import Sequence

Value = tuple[int, ...]
MILLION = 1_000_000


class Tracker(Protocol):
    """The value of an assignment that changes."""

    def add(self, item: int, row: int) -> None:
        """Learn that an item was put on a row."""

    def remove(self, item: int, row: int) -> None:
        """Learn that an item was taken off a row."""

    def value(self) -> Value:
        """Return the value now."""


class Objective(Protocol):
    """What every objective offers."""

    @property
    def name(self) -> str:
        """Return its name."""

    @property
    def grows(self) -> bool:
        """Tell whether adding an item never lowers the value."""

    def tracker(self, problem: Problem) -> Tracker:
        """Return a tracker of an assignment with nothing placed."""


def value_of(objective: Objective, problem: Problem, where: Where) -> Value:
    """Return (items without a host, the objective's value...): what assignments are compared by."""
    tracker = tracked(objective, problem, where)
    return (where.count(NOWHERE), *tracker.value())


def tracked(objective: Objective, problem: Problem, where: Where) -> Tracker:
    """Return a tracker that knows an assignment."""
    tracker = objective.tracker(problem)
    for item, row in enumerate(where):
        if row != NOWHERE:
            tracker.add(item, row)
    return tracker


class _Hosts:
    """Hosts in use, then the share of all room that they have."""

    def __init__(self, problem: Problem) -> None:
        self.load = [int(used) for used in problem.in_use]
        whole = np.maximum(problem.capacity.sum(axis=0, dtype=np.float64), 1.0)
        weighed = np.array(problem.weighed, dtype=np.bool_)
        self.share: list[int] = (problem.capacity / whole * MILLION)[:, weighed].sum(axis=1).astype(np.int64).tolist()
        self.hosts = sum(self.load)
        self.opened = sum(share for share, used in zip(self.share, self.load, strict=True) if used)

    def add(self, item: int, row: int) -> None:  # noqa: ARG002
        if not self.load[row]:
            self.hosts += 1
            self.opened += self.share[row]
        self.load[row] += 1

    def remove(self, item: int, row: int) -> None:  # noqa: ARG002
        self.load[row] -= 1
        if not self.load[row]:
            self.hosts -= 1
            self.opened -= self.share[row]

    def value(self) -> Value:
        return (self.hosts, self.opened)


class _HostCount(_Hosts):
    def value(self) -> Value:
        return (self.hosts,)


class _Fill:
    """The fullest column of any host, then the sum of squares of all fills, in millionths."""

    def __init__(self, problem: Problem) -> None:
        self.asks = problem.asks
        self.weighed = problem.weighed
        self.capacity = problem.capacity.tolist()
        self.used = (problem.capacity - problem.free).tolist()
        self.top = np.zeros(len(problem.hosts), dtype=np.int64)
        self.squares = 0
        for row in range(len(problem.hosts)):
            fills = [self._fill(row, column) for column in range(len(problem.columns))]
            self.top[row] = max(fills, default=0)
            self.squares += sum(fill * fill // MILLION for fill in fills)

    def _fill(self, row: int, column: int) -> int:
        capacity: int = self.capacity[row][column]
        if not self.weighed[column] or capacity <= 0:
            return 0
        return max(int(self.used[row][column]), 0) * MILLION // capacity

    def _change(self, item: int, row: int, sign: int) -> None:
        used = self.used[row]
        for column, amount in self.asks[item]:
            before = self._fill(row, column)
            used[column] += sign * amount
            after = self._fill(row, column)
            self.squares += after * after // MILLION - before * before // MILLION
        self.top[row] = max([self._fill(row, column) for column in range(len(used))], default=0)

    def add(self, item: int, row: int) -> None:
        self._change(item, row, 1)

    def remove(self, item: int, row: int) -> None:
        self._change(item, row, -1)

    def value(self) -> Value:
        return (int(self.top.max()) if self.top.size else 0, self.squares)


class _Soft:
    """Pairs of members that are together where they had rather be apart, or apart where together."""

    def __init__(self, problem: Problem) -> None:
        self.groups, self.group_of = problem.groups, problem.group_of
        self.counts = [dict(rule.fixed) for rule in problem.groups]
        self.pairs = sum(self._pairs(index) for index in range(len(problem.groups)))

    def _pairs(self, group: int) -> int:
        counts = self.counts[group].values()
        together = sum(count * (count - 1) // 2 for count in counts)
        whole = sum(counts)
        policy = self.groups[group].policy
        if policy == SOFT_ANTI_AFFINITY:
            return together
        return whole * (whole - 1) // 2 - together if policy == SOFT_AFFINITY else 0

    def _change(self, item: int, row: int, sign: int) -> None:
        group = self.group_of[item]
        if group >= 0 and self.groups[group].policy in (SOFT_AFFINITY, SOFT_ANTI_AFFINITY):
            self.pairs -= self._pairs(group)
            self.counts[group][row] = self.counts[group].get(row, 0) + sign
            self.pairs += self._pairs(group)

    def add(self, item: int, row: int) -> None:
        self._change(item, row, 1)

    def remove(self, item: int, row: int) -> None:
        self._change(item, row, -1)

    def value(self) -> Value:
        return (self.pairs,)


class _Moves:
    """Items that are not where they were, then what their moves copy."""

    def __init__(self, home: Sequence[int], cost: Sequence[int]) -> None:
        self.home, self.costs = home, cost
        self.count = self.cost = 0

    def add(self, item: int, row: int) -> None:
        if self.home[item] not in (row, NOWHERE):
            self.count += 1
            self.cost += self.costs[item]

    def remove(self, item: int, row: int) -> None:
        if self.home[item] not in (row, NOWHERE):
            self.count -= 1
            self.cost -= self.costs[item]

    def value(self) -> Value:
        return (self.count, self.cost)


class _Chain:
    def __init__(self, parts: list[Tracker]) -> None:
        self.parts = parts

    def add(self, item: int, row: int) -> None:
        for part in self.parts:
            part.add(item, row)

    def remove(self, item: int, row: int) -> None:
        for part in self.parts:
            part.remove(item, row)

    def value(self) -> Value:
        return tuple(number for part in self.parts for number in part.value())


@attrs.frozen(slots=True)
class FewestHosts:
    """(hosts in use, the share of all room that they have): hosts that hold anything, new or old."""

    name: str = "fewest hosts"
    grows: bool = True

    def tracker(self, problem: Problem) -> Tracker:
        """Return hosts in use."""
        return _Hosts(problem)


@attrs.frozen(slots=True)
class HostCount:
    """(hosts in use)."""

    name: str = "hosts in use"
    grows: bool = True

    def tracker(self, problem: Problem) -> Tracker:
        """Return hosts in use."""
        return _HostCount(problem)


@attrs.frozen(slots=True)
class Even:
    """(the fullest column of any host, the sum of squares of all fills): spread, of hosts of all sizes."""

    name: str = "spread"
    grows: bool = True

    def tracker(self, problem: Problem) -> Tracker:
        """Return fills."""
        return _Fill(problem)


@attrs.frozen(slots=True)
class SoftGroups:
    """(pairs of members of soft groups that are not as they had rather be)."""

    name: str = "soft groups"
    grows: bool = True

    def tracker(self, problem: Problem) -> Tracker:
        """Return pairs."""
        return _Soft(problem)


@attrs.frozen(slots=True)
class FewestMoves:
    """(moves, MiB to copy) away from where items live; new items cost nothing."""

    name: str = "fewest moves"
    grows: bool = True

    def tracker(self, problem: Problem) -> Tracker:
        """Return moves."""
        return _Moves(problem.current, problem.cost)


@attrs.frozen(slots=True)
class Chain:
    """Several objectives, the first one first."""

    parts: tuple[Objective, ...]

    @property
    def name(self) -> str:
        """Return all names."""
        return ", then ".join(part.name for part in self.parts)

    @property
    def grows(self) -> bool:
        """Tell whether all parts only grow."""
        return all(part.grows for part in self.parts)

    def tracker(self, problem: Problem) -> Tracker:
        """Return all parts."""
        return _Chain([part.tracker(problem) for part in self.parts])
