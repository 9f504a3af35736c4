# SPDX-License-Identifier: GPL-3.0-or-later
"""Bounds: the lowest and highest value of each weigher over the hosts of a view, and a host that holds each of them.

As long as these witnesses hold their values, and nobody passed them, the bounds are what they were: that is asked of a
few numbers instead of all hosts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.schedule.columns import Columns
    from novalite.schedule.table import Integers, Reals
    from novalite.schedule.weighers import Weigher

_INFINITE = float("inf")


class Bounds:
    """By weigher ``lows``, ``highs``; ``spans``: high - low, infinite if they are equal (all hosts get 0); ``tops``:
    the highest where it tells anybody apart. ``low``, ``high`` and ``span`` are the same as columns.
    """

    def __init__(self, weighers: tuple[Weigher, ...], values: Reals, rows: Integers) -> None:
        """Look at all values of the hosts in ``rows``."""
        self.fixed = [(weigher.MINVAL, weigher.MAXVAL) for weigher in weighers]
        self.lows: list[float] = [low or 0.0 for low, _ in self.fixed]
        self.highs: list[float] = [high or 0.0 for _, high in self.fixed]
        # Of each weigher (row, value): as long as all of them are so, no bound has sunk or risen away.
        self.witnesses: list[list[tuple[int, float]]] = [[] for _ in weighers]
        if rows.size:
            self.measure(values, rows, range(len(weighers)))
        self._spread()

    def measure(self, values: Reals, rows: Integers, which: Iterable[int]) -> bool:
        """Look at all values of the hosts in ``rows``, of some weighers; tell whether a bound is not what it was."""
        before = self.lows, self.highs
        self.lows, self.highs = list(self.lows), list(self.highs)
        for index in which:
            low, high = self.fixed[index]
            column = values[index][rows]
            held: list[tuple[int, float]] = []
            if low is None:
                self.lows[index] = _hold(held, column, rows, column.min())
            if high is None:
                self.highs[index] = _hold(held, column, rows, column.max())
            self.witnesses[index] = held
        if before == (self.lows, self.highs):
            return False
        self._spread()
        return True

    def _spread(self) -> None:
        """Work out what follows from the bounds."""
        widths = [high - low for low, high in zip(self.lows, self.highs, strict=True)]
        self.spans = [width or _INFINITE for width in widths]
        self.tops = [top if width else None for top, width in zip(self.highs, widths, strict=True)]
        self.low, self.high, self.span = (_upright(numbers) for numbers in (self.lows, self.highs, self.spans))

    def fallen(self, columns: Columns) -> set[int]:
        """Return the weighers of which a witness holds its value no more."""
        held = columns.values_at
        return {
            index
            for index, witnesses in enumerate(self.witnesses)
            for row, value in witnesses
            if held[index][row] != value
        }

    def passed_by(self, columns: Columns, rows: Integers) -> set[int]:
        """Return the weighers by which one of these hosts is beyond a bound."""
        # Asked of two numbers first: values that were never higher than the bound cannot have passed it.
        found = set()
        for index, (low, high) in enumerate(zip(self.lows, self.highs, strict=True)):
            if columns.highest[index] > high or columns.lowest[index] < low:
                new = columns.values[index].take(rows)
                if new.max() > high or new.min() < low:
                    found.add(index)
        return found

    def passed_at(self, columns: Columns, rows: list[int]) -> set[int]:
        """Return the same of a few hosts, number by number."""
        found = set()
        for index, (low, high, value) in enumerate(zip(self.lows, self.highs, columns.values_at, strict=True)):
            for row in rows:
                if not low <= value[row] <= high:
                    found.add(index)
        return found

    def same_over(self, values: Reals, rows: Integers) -> bool:
        """Tell whether the bounds over other hosts are the same."""
        for index, (low, high) in enumerate(self.fixed):
            column = values[index][rows]
            lowest, highest = self.lows[index], self.highs[index]
            if (low is None and column.min() != lowest) or (high is None and column.max() != highest):
                return False
        return True

    def witnesses_among(self, rows: set[int]) -> bool:
        """Tell whether a witness is one of these rows."""
        return any(row in rows for witnesses in self.witnesses for row, _ in witnesses)


def _hold(held: list[tuple[int, float]], column: Reals, rows: Integers, value: float) -> float:
    """Take the last host by name that holds a value as its witness: ties go to the first, so it will last."""
    position = column.size - 1 - int((column[::-1] == value).argmax())
    held.append((int(rows[position]), float(value)))
    return float(value)


def _upright(numbers: list[float]) -> Reals:
    return np.array(numbers, dtype=np.float64).reshape(-1, 1)
