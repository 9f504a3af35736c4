# SPDX-License-Identifier: GPL-3.0-or-later
"""Problem: a batch as numbers. N hosts, K columns of room, M items, C classes of static rules. Pure.

Columns are resource classes and whatever else is counted ("instances" where a maximum is set). An item is a new
instance, or one that exists (``current`` says where) and might be moved; what exists and is no item is in ``free`` and
in the groups' ``fixed`` already. An assignment is a list with a row for each item, -1 for none.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import attrs
import numpy as np

from novalite.model.server_group import AFFINITY, ANTI_AFFINITY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from novalite.schedule.table import Integers, Mask

Where = list[int]
NOWHERE = -1


@attrs.frozen(slots=True)
class GroupRule:
    """A server group; ``fixed``: row -> members there that are no items."""

    name: str
    policy: str
    limit: int = 1
    fixed: Mapping[int, int] = attrs.field(factory=dict)

    @property
    def together(self) -> bool:
        """Tell whether all members share one host (or the hosts that fixed ones have)."""
        return self.policy == AFFINITY

    @property
    def apart(self) -> bool:
        """Tell whether a host holds at most ``limit`` members."""
        return self.policy == ANTI_AFFINITY


@attrs.frozen(eq=False)
class Problem:
    """All that a search may know. Rows and items are in the natural order of names, so that ties have one answer."""

    hosts: tuple[str, ...]
    items: tuple[str, ...]
    columns: tuple[str, ...]
    capacity: Integers  # N x K
    free: Integers  # N x K, without the items; never below 0
    demand: Integers  # M x K
    class_of: tuple[int, ...]  # M
    rules: tuple[Mapping[str, Mask], ...]  # for each class: name of a filter -> the rows that it passes
    groups: tuple[GroupRule, ...]
    group_of: tuple[int, ...]  # M; -1: none
    current: tuple[int, ...]  # M; -1: new
    cost: tuple[int, ...]  # M; what a move copies, in MiB
    weighed: tuple[bool, ...]  # K: columns whose fill objectives look at
    in_use: tuple[bool, ...]  # N: holds something that is no item

    @cached_property
    def allowed(self) -> Mask:
        """Return C x N: the rows that all static rules of a class pass."""
        found = np.ones((len(self.rules), len(self.hosts)), dtype=np.bool_)
        for index, rules in enumerate(self.rules):
            for mask in rules.values():
                found[index] &= mask
        return found

    @cached_property
    def asks(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """Return for each item what it asks: (column, amount), without zeros."""
        return tuple(
            tuple((column, amount) for column, amount in enumerate(row) if amount) for row in self.demand.tolist()
        )

    @cached_property
    def kinds(self) -> tuple[int, ...]:
        """Return for each item the number of its kind: items of one kind may change places."""
        numbers: dict[object, int] = {}
        told = zip(self.class_of, self.asks, self.group_of, self.current, self.cost, strict=True)
        return tuple(numbers.setdefault(kind, len(numbers)) for kind in told)

    @cached_property
    def choices(self) -> tuple[int, ...]:
        """Return for each item how many hosts its static rules leave."""
        counts = self.allowed.sum(axis=1).tolist()
        return tuple(counts[found] for found in self.class_of)

    @cached_property
    def members(self) -> tuple[tuple[int, ...], ...]:
        """Return for each group its items."""
        found: list[list[int]] = [[] for _ in self.groups]
        for item, group in enumerate(self.group_of):
            if group >= 0:
                found[group].append(item)
        return tuple(map(tuple, found))

    @cached_property
    def size(self) -> tuple[float, ...]:
        """Return how big each item is: the sum over columns of its part of all room there is."""
        whole = np.maximum(self.capacity.sum(axis=0, dtype=np.float64), 1.0)
        found: list[float] = (self.demand / whole).sum(axis=1).tolist()
        return tuple(found)


def make_problem(
    capacity: Sequence[Sequence[int]],
    demand: Sequence[Sequence[int]],
    *,
    free: Sequence[Sequence[int]] | None = None,
    allowed: Sequence[Sequence[bool]] | None = None,
    groups: Sequence[GroupRule] = (),
    group_of: Sequence[int] | None = None,
    current: Sequence[int] | None = None,
    cost: Sequence[int] | None = None,
) -> Problem:
    """Return a problem from plain lists; ``allowed`` has a line for each item. Nothing else holds anything."""
    hosts, items, columns = len(capacity), len(demand), len((capacity or demand or [()])[0])
    lines = [tuple(map(bool, line)) for line in allowed] if allowed is not None else [(True,) * hosts] * items
    classes = {line: index for index, line in enumerate(dict.fromkeys(lines))}
    room = np.array(capacity, dtype=np.int64).reshape(hosts, columns)
    return Problem(
        hosts=tuple(f"h{row}" for row in range(hosts)),
        items=tuple(f"i{item}" for item in range(items)),
        columns=tuple(f"c{column}" for column in range(columns)),
        capacity=room,
        free=room if free is None else np.array(free, dtype=np.int64).reshape(hosts, columns),
        demand=np.array(demand, dtype=np.int64).reshape(items, columns),
        class_of=tuple(classes[line] for line in lines),
        rules=tuple({"allowed": np.array(line, dtype=np.bool_)} for line in classes),
        groups=tuple(groups),
        group_of=tuple(group_of) if group_of is not None else (NOWHERE,) * items,
        current=tuple(current) if current is not None else (NOWHERE,) * items,
        cost=tuple(cost) if cost is not None else (0,) * items,
        weighed=(True,) * columns,
        in_use=tuple(bool((room[row] != free[row]).any()) for row in range(hosts)) if free else (False,) * hosts,
    )
