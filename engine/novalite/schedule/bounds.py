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
        self.held_by: dict[int, list[tuple[int, float]]] = {}  # the same by row: (weigher, value)
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
        self.held_by = {}
        for index, witnesses in enumerate(self.witnesses):
            for row, value in witnesses:
                self.held_by.setdefault(row, []).append((index, value))
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

    def lost_by(self, row: int, value: list[memoryview[float]]) -> set[int]:
        """Return the weighers of which a host is the witness and holds the value no more."""
        return {index for index, held in self.held_by[row] if value[index][row] != held}

    def passed_by(self, columns: Columns, new: Reals) -> set[int]:
        """Return the weighers by which one of some new values (weigher x host) is beyond a bound."""
        # Asked of two numbers first: values that were never higher than the bound cannot have passed it.
        found = zip(self.lows, self.highs, columns.lowest, columns.highest, strict=True)
        if not [1 for low, high, lowest, highest in found if highest > high or lowest < low]:
            return set()
        return set(np.flatnonzero(((new > self.high) | (new < self.low)).any(axis=1)).tolist())

    def same_over(self, values: Reals, rows: Integers) -> bool:
        """Tell whether the bounds over other hosts are the same."""
        for index, (low, high) in enumerate(self.fixed):
            column = values[index][rows]
            lowest, highest = self.lows[index], self.highs[index]
            if (low is None and column.min() != lowest) or (high is None and column.max() != highest):
                return False
        return True


def _hold(held: list[tuple[int, float]], column: Reals, rows: Integers, value: float) -> float:
    """Take the last host by name that holds a value as its witness: ties go to the first, so it will last."""
    position = column.size - 1 - int((column[::-1] == value).argmax())
    held.append((int(rows[position]), float(value)))
    return float(value)


def _upright(numbers: list[float]) -> Reals:
    return np.array(numbers, dtype=np.float64).reshape(-1, 1)
