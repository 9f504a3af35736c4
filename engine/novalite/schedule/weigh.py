# SPDX-License-Identifier: GPL-3.0-or-later
"""Weighing from nothing: the best of the hosts that passed, as Nova does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from novalite.schedule import weighers
from novalite.schedule.reason import Choice

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals


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
        normalised = weighers.shares(table, weigher, weigher.raw(table, request)[rows])
        factors = weighers.multiplier(table, weigher)[rows]
        total += factors * normalised
        if (factors > 0).all():  # "most" of what is not wanted would be no reason
            parts.append((weigher.WORD, normalised))
    return total, parts
