# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of an assignment that changes, kept up to date item by item: the arithmetic of ``objectives``. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from novalite.model.server_group import SOFT_AFFINITY, SOFT_ANTI_AFFINITY
from novalite.schedule.search.problem import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.schedule.search.problem import Problem

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


class Hosts:
    """Hosts in use, then the share of all room that they have."""

    def __init__(self, problem: Problem) -> None:
        self.load = [int(used) for used in problem.in_use]
        whole = np.maximum(problem.capacity.sum(axis=0, dtype=np.float64), 1.0)
        weighed = np.array(problem.weighed, dtype=np.bool_)
        self.share: list[int] = (problem.capacity / whole * MILLION)[:, weighed].sum(axis=1).astype(np.int64).tolist()
        self.hosts = sum(self.load)
        self.opened = sum(share for share, used in zip(self.share, self.load, strict=True) if used)

    def add(self, item: int, row: int) -> None:  # noqa: ARG002
        """Learn that an item was put on a row."""
        if not self.load[row]:
            self.hosts += 1
            self.opened += self.share[row]
        self.load[row] += 1

    def remove(self, item: int, row: int) -> None:  # noqa: ARG002
        """Learn that an item was taken off a row."""
        self.load[row] -= 1
        if not self.load[row]:
            self.hosts -= 1
            self.opened -= self.share[row]

    def value(self) -> Value:
        """Return the value now."""
        return (self.hosts, self.opened)


class HostNumber(Hosts):
    """Hosts in use."""

    def value(self) -> Value:
        """Return the value now."""
        return (self.hosts,)


class Fill:
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
        """Learn that an item was put on a row."""
        self._change(item, row, 1)

    def remove(self, item: int, row: int) -> None:
        """Learn that an item was taken off a row."""
        self._change(item, row, -1)

    def value(self) -> Value:
        """Return the value now."""
        return (int(self.top.max()) if self.top.size else 0, self.squares)


class Soft:
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
        """Learn that an item was put on a row."""
        self._change(item, row, 1)

    def remove(self, item: int, row: int) -> None:
        """Learn that an item was taken off a row."""
        self._change(item, row, -1)

    def value(self) -> Value:
        """Return the value now."""
        return (self.pairs,)


class MoveCount:
    """Items that are not where they were, then what their moves copy."""

    def __init__(self, home: Sequence[int], cost: Sequence[int]) -> None:
        self.home, self.costs = home, cost
        self.count = self.cost = 0

    def add(self, item: int, row: int) -> None:
        """Learn that an item was put on a row."""
        if self.home[item] not in (row, NOWHERE):
            self.count += 1
            self.cost += self.costs[item]

    def remove(self, item: int, row: int) -> None:
        """Learn that an item was taken off a row."""
        if self.home[item] not in (row, NOWHERE):
            self.count -= 1
            self.cost -= self.costs[item]

    def value(self) -> Value:
        """Return the value now."""
        return (self.count, self.cost)


class Together:
    """Several values, one after the other."""

    def __init__(self, parts: list[Tracker]) -> None:
        self.parts = parts

    def add(self, item: int, row: int) -> None:
        """Learn that an item was put on a row."""
        for part in self.parts:
            part.add(item, row)

    def remove(self, item: int, row: int) -> None:
        """Learn that an item was taken off a row."""
        for part in self.parts:
            part.remove(item, row)

    def value(self) -> Value:
        """Return the value now."""
        return tuple(number for part in self.parts for number in part.value())
