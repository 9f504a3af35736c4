# SPDX-License-Identifier: GPL-3.0-or-later
"""What booking changes, as columns over all hosts: the raw values of weighers, and the room left of what is asked.

A batch asks the same questions thousands of times, and each booking changes one host. So the answers are kept, and only
the booked host's are made anew (``refresh``); ``log`` tells views (view.py) which hosts those were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Integers, Reals
    from novalite.schedule.weighers import Weigher

    At = Callable[[int], float]


class Columns:
    """``values``: a row for each weigher, clamped to its bounds; ``rooms``: a row for each kind of room.

    Each has a column for each host. Kinds of room are resource classes, then counters of the table with a limit.
    """

    def __init__(
        self,
        table: HostTable,
        request: Request,
        weighers: tuple[Weigher, ...],
        classes: tuple[str, ...],
        limits: tuple[tuple[str, Integers], ...],
    ) -> None:
        self.table = table
        raws = {weigher: _clamp(weigher, weigher.raw(table, request)) for weigher in weighers}
        self.weighers = weighers = tuple(weigher for weigher in weighers if _may_tell_apart(weigher, raws[weigher]))
        self.classes = classes
        self.log: Integers = np.zeros(1024, dtype=np.int64)
        self.booked = 0  # how much of the log is used
        self._limits = limits
        resources = [table.resource(name) for name in classes]
        self._free: list[Callable[[int], int]] = [resource.free.item for resource in resources]
        self._free += [self._left(counter, limit) for counter, limit in limits]
        self._moving: list[tuple[int, At, float | None, float | None]] = [
            (index, at(table), each.MINVAL, each.MAXVAL)
            for index, each in enumerate(weighers)
            if (at := getattr(each, "at", None)) is not None
        ]
        self.values = matrix([raws[each] for each in weighers], len(table))
        rooms = [resource.free for resource in resources]
        rooms += [limit - getattr(table, counter) for counter, limit in limits]
        self.rooms = matrix(rooms, len(table))
        # Row by row, quick for single numbers.
        self.values_at: list[memoryview[float]] = [values.data for values in self.values]
        self._rooms_at: list[memoryview[float]] = [room.data for room in self.rooms]
        # Of the hosts booked in this batch: the least room, and the highest and lowest values, at any time.
        self.tightened = 0  # how often the least room became less
        self.least = [float("inf")] * len(rooms)
        self.highest = [float("-inf")] * len(weighers)
        self.lowest = [float("inf")] * len(weighers)

    def needs(self, request: Request) -> list[float]:
        """Return how much of each kind of room a request takes: of a counter always one."""
        amounts = request.shape.amounts
        return [float(amounts.get(name, _NEVER_SHORT)) for name in self.classes] + [1.0] * len(self._limits)

    def refresh(self, row: int) -> None:
        """Make a booked host's answers anew."""
        values, rooms, least, highest, lowest = self.values_at, self._rooms_at, self.least, self.highest, self.lowest
        for index, at, low, high in self._moving:
            value = at(row)
            if low is not None and value < low:
                value = low
            if high is not None and value > high:
                value = high
            values[index][row] = value
            if value > highest[index]:
                highest[index] = value
            if value < lowest[index]:
                lowest[index] = value
        for index, free in enumerate(self._free):
            room = rooms[index][row] = free(row)
            if room < least[index]:
                least[index] = room
                self.tightened += 1
        if self.booked == self.log.size:
            self.log = np.concatenate((self.log, np.zeros_like(self.log)))
        self.log[self.booked] = row
        self.booked += 1

    def _left(self, counter: str, limit: Integers) -> Callable[[int], int]:
        """Return what tells how many more a host may have of what the table counts."""
        count, most = getattr(self.table, counter).item, limit.item
        return lambda row: most(row) - count(row)


def matrix(rows: Sequence[Reals | Integers], width: int) -> Reals:
    """Return rows of so many hosts as one matrix; there may be none of either."""
    return np.array(rows, dtype=np.float64).reshape(len(rows), width)


def _may_tell_apart(weigher: Weigher, raw: Reals) -> bool:
    """Tell whether a weigher's values differ, or may come to; a constant without bounds of its own adds 0."""
    moves = getattr(weigher, "at", None) is not None
    bounded = weigher.MINVAL is not None or weigher.MAXVAL is not None
    return moves or bounded or bool(raw.size and (raw != raw[0]).any())


def _clamp(weigher: Weigher, raw: Reals) -> Reals:
    if weigher.MINVAL is not None:
        raw = np.maximum(raw, weigher.MINVAL)
    return raw if weigher.MAXVAL is None else np.minimum(raw, weigher.MAXVAL)


_NEVER_SHORT = float("-inf")  # of a class that is not asked, any room will do
