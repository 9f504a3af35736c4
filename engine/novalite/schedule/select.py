# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole batch, one instance after the other: filter, weigh, book, so that the next one sees it.

As Nova's scheduler, but for two things: a host that one instance could not use is looked at again for the next (Nova
drops it for the rest of the batch), and ties go to the first host by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np
import numpy.typing as npt

from novalite.model.natural import natural_key
from novalite.model.placement import Placement, Unplaced
from novalite.schedule import filters, weighers
from novalite.schedule.numa.hardware import claim_of
from novalite.schedule.reason import Choice, short_reason
from novalite.schedule.refusal import unplaced
from novalite.schedule.weighers.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.schedule.request import Request, Shape
    from novalite.schedule.table import HostTable, Mask, Reals


def select(table: HostTable, requests: Iterable[Request]) -> list[Placement | Unplaced]:
    """Return a result for each request, in the natural order of names; placements are booked in the table."""
    batch = Batch(table)
    return [batch.place(request) for request in sorted(requests, key=lambda request: natural_key(request.name))]


@attrs.define(slots=True)
class Batch:
    """One table and what is known of the shapes met so far."""

    table: HostTable
    _shapes: dict[Shape, Mask] = attrs.field(factory=dict)

    def place(self, request: Request) -> Placement | Unplaced:
        """Choose a host for one instance and book it."""
        table = self.table
        passed = self.passing(request)
        rows = np.flatnonzero(passed)
        if not rows.size:
            return unplaced(table, request)
        choice = best_of(table, request, rows)
        reason = short_reason(table, request, choice)
        table.book(request, choice.row)
        runner_up = None if choice.runner_up is None else table.names[choice.runner_up]
        claim = claim_of(table, request, choice.row)
        host = table.names[choice.row]
        return Placement(request.name, host, reason, choice.weight, runner_up, choice.considered, claim)

    def passing(self, request: Request) -> Mask:
        """Return which hosts pass every filter now."""
        found = self._by_shape(request)
        for rule in filters.applying(self.table, request, filters.BY_USAGE):
            found = found & rule.mask(self.table, request)
        return found

    def _by_shape(self, request: Request) -> Mask:
        found = self._shapes.get(request.shape)
        if found is None:
            found = np.ones(len(self.table), dtype=np.bool_)
            for rule in filters.applying(self.table, request, filters.BY_SHAPE):
                found &= rule.mask(self.table, request)
            self._shapes[request.shape] = found
        return found


def best_of(table: HostTable, request: Request, rows: npt.NDArray[np.intp]) -> Choice:
    """Return the best of the rows that passed, and the second best; a single host is not weighed (as in Nova)."""
    if rows.size == 1:
        return Choice(row=int(rows[0]), considered=1)
    total, leaders = weigh(table, request, rows)
    best = int(total.argmax())
    weight = float(total[best])
    words = tuple(word for word, normalised in leaders if normalised[best] == 1.0)
    total[best] = -np.inf
    second = int(total.argmax())
    return Choice(
        row=int(rows[best]),
        considered=int(rows.size),
        weight=weight,
        runner_up=int(rows[second]),
        runner_up_weight=float(total[second]),
        best_at=words,
    )


def weigh(table: HostTable, request: Request, rows: npt.NDArray[np.intp]) -> tuple[Reals, list[tuple[str, Reals]]]:
    """Return the sum of multiplier x normalised value for each row, and each weigher's word and normalised values."""
    total = np.zeros(rows.size, dtype=np.float64)
    parts: list[tuple[str, Reals]] = []
    for weigher in weighers.active(table, request):
        normalised = normalise(weigher.raw(table, request)[rows], weigher.MINVAL, weigher.MAXVAL)
        factors = weighers.multiplier(table, weigher)[rows]
        total += factors * normalised
        if (factors > 0).all():  # "most" of what is not wanted would be no reason
            parts.append((weigher.WORD, normalised))
    return total, parts
