# SPDX-License-Identifier: GPL-3.0-or-later
"""View: the hosts that pass what a batch cannot change for one kind of request, with their weights kept up to date.

Nova's weights are normalised over the hosts that pass, so one booking can change the weight of every host. It rarely
does: only when it takes the last host that held a column's highest (or lowest) value. So all weights are made anew only
when a bound moves (bounds.py), else those of booked hosts. The numbers are the same, to the last bit, as those of
weighing from nothing (weigh.py): same operations in the same order. A test holds them together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from novalite.schedule.bounds import Bounds

if TYPE_CHECKING:
    from novalite.schedule.columns import Columns
    from novalite.schedule.table import Integers, Mask, Reals

_FEW = 12  # bookings


class View:
    """``rows`` are those of the table, ascending; ``total`` and what is called a position go by place in ``rows``."""

    def __init__(self, columns: Columns, mask: Mask, factors: Reals) -> None:
        """``factors``: each weigher's multiplier (weigher x host of the table)."""
        self.columns = columns
        self.rows: Integers = np.flatnonzero(mask)
        self.size = int(self.rows.size)
        # Hosts that are not in the view have the position behind the last, whose weight is never the best.
        self.position: Integers = np.full(mask.size, self.size, dtype=np.int64)
        self.position[self.rows] = np.arange(self.size)
        self.factors = factors
        self.bounds = Bounds(columns.weighers, columns.values, self.rows)
        # Most often a multiplier is the same for all hosts: a column does for the matrix then.
        mine = factors[:, self.rows]
        even = self.size > 0 and bool((mine == mine[:, :1]).all())
        self.scale: Reals | None = mine[:, :1].copy() if even else None
        self.scales: list[float] = mine[:, 0].tolist() if even else []
        # "Most" of what is not wanted would be no reason.
        self.words = [
            weigher.WORD if bool((mine[index] > 0).all()) else "" for index, weigher in enumerate(columns.weighers)
        ]
        self.total: Reals = np.full(self.size + 1, -np.inf)
        self.least: list[float] = []  # no host that was not booked since has less room than this
        self.seen = columns.booked
        if self.size:
            self._weigh_all()
            self.least = columns.rooms[:, self.rows].min(axis=1).tolist()

    # ---- keeping in step with bookings ------------------------------------------------------------------------------

    def sync(self) -> None:
        """Take in what was booked since the last time."""
        columns = self.columns
        if columns.booked == self.seen:
            return
        recent = columns.log[self.seen : columns.booked]
        self.seen = columns.booked
        moved = self._weigh_few(recent.tolist()) if recent.size <= _FEW else self._weigh_many(recent)
        if moved and self.bounds.measure(columns.values, self.rows, moved):
            self._weigh_all()

    def _weigh_few(self, recent: list[int]) -> set[int]:
        """Weigh hosts anew that were booked; return the weighers whose bounds, and so all weights, may have moved.

        Number by number: of so few that is quicker than arrays are.
        """
        value, bounds, moved = self.columns.values_at, self.bounds, set()
        for row in recent:
            position = self.position.item(row)
            if position == self.size:
                continue
            scale = self.scales or self.factors[:, row].tolist()
            total = 0.0
            for index, low in enumerate(bounds.lows):
                share = value[index][row]
                if share < low or share > bounds.highs[index]:
                    moved.add(index)
                if low:
                    share -= low
                total += share / bounds.spans[index] * scale[index]
            self.total[position] = total
            if row in bounds.held_by:
                moved |= bounds.lost_by(row, value)
        return moved

    def _weigh_many(self, recent: Integers) -> set[int]:
        """Do the same with arrays."""
        new = self.columns.values.take(recent, axis=1)
        bounds = self.bounds
        moved = bounds.passed_by(self.columns, new)
        for row in bounds.held_by.keys() & recent.tolist():
            moved |= bounds.lost_by(row, self.columns.values_at)
        if any(bounds.lows):
            new -= bounds.low
        new /= bounds.span
        new *= self.factors.take(recent, axis=1) if self.scale is None else self.scale
        # One row after the other, as weighing from nothing does.
        self.total.put(self.position.take(recent), np.add.reduce(new, axis=0))
        self.total[self.size] = -np.inf
        return moved

    def _weigh_all(self) -> None:
        total = self.total[: self.size]
        total.fill(0.0)
        low, span = self.bounds.low[:, 0], self.bounds.span[:, 0]
        for index, values in enumerate(self.columns.values):
            if span[index] == np.inf:
                continue  # every host gets 0
            share = values[self.rows]
            if low[index]:
                share -= low[index]
            share /= span[index]
            share *= self.factors[index][self.rows] if self.scale is None else self.scale[index, 0]
            total += share

    # ---- choosing ---------------------------------------------------------------------------------------------------

    def is_roomy(self, needs: list[float]) -> bool:
        """Tell whether no host can be short of what is needed, by the least room alone: true until that is less."""
        least = zip(self.least, self.columns.least, needs, strict=True)
        return not [1 for first, booked, need in least if first < need or booked < need]

    def short_of(self, needs: list[float]) -> Integers | None:
        """Return the positions without room for what is needed; None where all have it."""
        short: Mask | None = None
        for index, need in enumerate(needs):
            if self.least[index] < need or self.columns.least[index] < need:
                lacking = self.columns.rooms[index][self.rows] < need
                short = lacking if short is None else short | lacking
        if short is None:
            return None
        found = np.flatnonzero(short)
        return found if found.size else None

    def best_two(self, left_out: Integers | None) -> tuple[int, float, int, float]:
        """Return (position, weight) of the best and of the second best, without some positions; two are left."""
        total = self.total
        if left_out is not None:
            kept = total[left_out]
            total[left_out] = -np.inf
        best = int(total.argmax())
        weight = float(total[best])
        total[best] = -np.inf
        second = int(total.argmax())
        found = best, weight, second, float(total[second])
        total[best] = weight
        if left_out is not None:
            total[left_out] = kept
        return found

    def bounds_hold_without(self, left_out: Integers) -> bool:
        """Tell whether the bounds, and so the weights of the others, are the same without some positions."""
        gone = set(self.rows[left_out].tolist())
        if self.bounds.held_by.keys().isdisjoint(gone):
            return True
        rest = np.delete(self.rows, left_out)
        return self.bounds.same_over(self.columns.values, rest)

    def best_at(self, row: int) -> tuple[str, ...]:
        """Return the words of the weighers by which no host is better than one of the table's rows."""
        held = self.columns.values[:, row].tolist()
        told = zip(self.words, held, self.bounds.tops, strict=True)
        return tuple([word for word, value, top in told if word and value == top])
