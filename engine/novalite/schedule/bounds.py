# SPDX-License-Identifier: GPL-3.0-or-later
"""Bounds: the lowest and highest value of each weigher over the hosts of a view, and a host that holds each of them.

As long as these witnesses hold their values, and nobody passed them, the bounds are what they were: that is asked of a
few numbers instead of all hosts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.columns import Columns
    from novalite.schedule.table import Integers, Reals
    from novalite.schedule.weighers import Weigher

_INFINITE = float("inf")


class Bounds:
    """``low`` and ``span`` by weigher, as columns. span: high - low, infinite if they are equal (all hosts get 0)."""

    def __init__(self, weighers: tuple[Weigher, ...]) -> None:
        self.count = len(weighers)
        self.fixed = [(weigher.MINVAL, weigher.MAXVAL) for weigher in weighers]
        self.low: Reals = np.zeros((self.count, 1))
        self.high: Reals = np.zeros((self.count, 1))
        self.span: Reals = np.full((self.count, 1), _INFINITE)
        self.lows: list[float] = [0.0] * self.count
        self.highs: list[float] = [0.0] * self.count
        self.spans: list[float] = [_INFINITE] * self.count
        self.tops: list[float | None] = [None] * self.count  # the highest value, where it tells anybody apart
        # (weigher, row of the table, value): as long as all of them are so, no bound has sunk or risen away
        self.witnesses: list[tuple[int, int, float]] = []

    def measure(self, values: Reals, rows: Integers) -> bool:
        """Look at all values of the hosts in ``rows``; tell whether a bound is another than before."""
        before = self.low.copy(), self.high.copy()
        self.witnesses = []
        for index, (low, high) in enumerate(self.fixed):
            column = values[index][rows]
            self.low[index] = self._hold(index, column, rows, column.min()) if low is None else low
            self.high[index] = self._hold(index, column, rows, column.max()) if high is None else high
        span = self.high - self.low
        self.span = np.where(span == 0.0, _INFINITE, span)
        self.lows, self.highs, self.spans = _flat(self.low), _flat(self.high), _flat(self.span)
        self.tops = [None if width == 0.0 else top for top, width in zip(self.highs, _flat(span), strict=True)]
        return not (np.array_equal(before[0], self.low) and np.array_equal(before[1], self.high))

    def _hold(self, index: int, column: Reals, rows: Integers, value: float) -> float:
        """Take the last host by name that holds a value as its witness: ties go to the first, so it will last."""
        position = column.size - 1 - int((column[::-1] == value).argmax())
        self.witnesses.append((index, int(rows[position]), float(value)))
        return float(value)

    def stand(self, columns: Columns) -> bool:
        """Tell whether every witness still holds its value."""
        held = columns.values_at
        return not [1 for index, row, value in self.witnesses if held[index][row] != value]  # quicker than all()

    def passed_by(self, columns: Columns, rows: Integers) -> bool:
        """Tell whether a value of one of these hosts is beyond a bound."""
        # Asked of two numbers first: values that were never higher than the bound cannot have passed it.
        for low, high, lowest, highest in zip(self.lows, self.highs, columns.lowest, columns.highest, strict=True):
            if highest > high or lowest < low:
                new = columns.values.take(rows, axis=1)
                return bool((new > self.high).any() or (new < self.low).any())
        return False

    def passed_at(self, columns: Columns, rows: list[int]) -> bool:
        """Tell the same of a few hosts, number by number."""
        for low, high, value in zip(self.lows, self.highs, columns.values_at, strict=True):
            for row in rows:
                if not low <= value[row] <= high:
                    return True
        return False

    def same_over(self, values: Reals, rows: Integers) -> bool:
        """Tell whether the bounds over other hosts are the same."""
        for index, (low, high) in enumerate(self.fixed):
            column = values[index][rows]
            if (low is None and column.min() != self.low[index]) or (high is None and column.max() != self.high[index]):
                return False
        return True

    def witnesses_among(self, rows: set[int]) -> bool:
        """Tell whether a witness is one of these rows."""
        return any(row in rows for _, row, _ in self.witnesses)


def _flat(column: Reals) -> list[float]:
    flat: list[float] = column[:, 0].tolist()
    return flat
