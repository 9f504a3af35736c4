# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole matrix for one instance: every host x every filter and weigher, with numbers. Made only when asked for.

Replayable: the batch is placed again up to the instance, so the table is as it was when the choice was made, and the
winner is the one that ``select`` chose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from novalite.model.natural import natural_key
from novalite.model.placement import Explanation, FilterVerdict, HostVerdict, WeigherVerdict
from novalite.schedule import filters, weighers
from novalite.schedule.refusal import first_refusals
from novalite.schedule.select import Batch, best_of
from novalite.schedule.weighers.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable


def explain(table: HostTable, requests: Iterable[Request], name: str) -> Explanation | None:
    """Return why the instance is placed where it is, or nowhere; None where no request has the name."""
    batch = Batch(table)
    for request in sorted(requests, key=lambda request: natural_key(request.name)):
        if request.name == name:
            return explain_request(table, request)
        batch.place(request)
    return None


def explain_request(table: HostTable, request: Request, current: str | None = None) -> Explanation:
    """Return the matrix of one request on the table as it is now; ``current`` is where the instance lives already."""
    verdicts = [_filter_verdicts(table, request, row) for row in range(len(table))]
    passed = [all(verdict.passed for verdict in row) for row in verdicts]
    rows = np.flatnonzero(np.array(passed, dtype=np.bool_))
    weights = _weigher_verdicts(table, request, rows)
    counts, _ = first_refusals(table, request)
    winner = runner_up = margin = None
    if rows.size:
        choice = best_of(table, request, rows)
        winner = table.names[choice.row]
        if choice.runner_up is not None:
            runner_up = table.names[choice.runner_up]
            margin = choice.weight - choice.runner_up_weight
    matrix = tuple(
        HostVerdict(table.names[row], verdicts[row], weights.get(row, ()), _total(weights.get(row)))
        for row in range(len(table))
    )
    return Explanation(request.name, matrix, winner, runner_up, margin, counts, current)


def _filter_verdicts(table: HostTable, request: Request, row: int) -> tuple[FilterVerdict, ...]:
    return tuple(
        FilterVerdict(rule.NAME, bool(rule.mask(table, request)[row]), rule.why(table, request, row))
        for rule in filters.applying(table, request)
    )


def _weigher_verdicts(
    table: HostTable, request: Request, rows: npt.NDArray[np.intp]
) -> dict[int, tuple[WeigherVerdict, ...]]:
    found: dict[int, list[WeigherVerdict]] = {int(row): [] for row in rows}
    if rows.size < 2:  # a single host is not weighed
        return dict.fromkeys(found, ())
    for weigher in weighers.active(table, request):
        raw = weigher.raw(table, request)[rows]
        normalised = normalise(raw, weigher.MINVAL, weigher.MAXVAL)
        factors = weighers.multiplier(table, weigher)[rows]
        for row, value, share, factor in zip(
            rows.tolist(), raw.tolist(), normalised.tolist(), factors.tolist(), strict=True
        ):
            found[row].append(WeigherVerdict(weigher.NAME, value, share, factor, factor * share))
    return {row: tuple(verdicts) for row, verdicts in found.items()}


def _total(weights: tuple[WeigherVerdict, ...] | None) -> float | None:
    return None if weights is None else sum((verdict.product for verdict in weights), 0.0)
