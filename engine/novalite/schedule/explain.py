# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole matrix for one instance: every host x every filter and weigher, with numbers. Made only when asked for.

Replayable: the batch is placed again up to the instance, so the table is as it was when the choice was made, and the
winner is the one that ``select`` chose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np
import numpy.typing as npt

from novalite.model.natural import natural_key
from novalite.model.placement import Addition, Explanation, FilterVerdict, HostVerdict, WeigherVerdict
from novalite.schedule import filters, prefilters, weighers
from novalite.schedule.batch import Batch
from novalite.schedule.figures import figures
from novalite.schedule.refusal import first_refusals
from novalite.schedule.relax import advise
from novalite.schedule.weigh import best_of
from novalite.schedule.weighers.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from novalite.schedule.request import Request, Shape
    from novalite.schedule.table import HostTable


def explain(table: HostTable, requests: Iterable[Request], name: str) -> Explanation | None:
    """Return why the instance is placed where it is, or nowhere; None where no request has the name."""
    batch = Batch(table)
    for request in sorted(requests, key=lambda request: natural_key(request.name)):
        if request.name == name:
            return explain_request(table, request)
        batch.place(request)
    return None


def explain_all(table: HostTable, requests: Iterable[Request], chosen: Mapping[str, str]) -> dict[str, Explanation]:
    """Return the explanation of every request, by name; ``chosen`` is where the plan put each: that is what is booked.

    Cost: hosts x requests x rules, in time and in memory.
    """
    found = {}
    for request in sorted(requests, key=lambda request: natural_key(request.name)):
        found[request.name] = with_choice(explain_request(table, request), chosen.get(request.name))
        if request.name in chosen:
            table.book(request, table.rows[chosen[request.name]])
    return found


def with_choice(explanation: Explanation, host: str | None) -> Explanation:
    """Return the explanation with the host that a search chose, where that is not the one of the best weights."""
    return explanation if host in (None, explanation.winner) else attrs.evolve(explanation, chosen=host)


def explain_request(table: HostTable, request: Request, current: str | None = None) -> Explanation:
    """Return the matrix of one request on the table as it is now; ``current`` is where the instance lives already."""
    verdicts, passed = _filter_verdicts(table, request)
    rows = np.flatnonzero(passed)
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
        HostVerdict(name, verdicts[row], weights.get(row, ()), _total(weights.get(row)))
        for row, name in enumerate(table.names)
    )
    return Explanation(
        name=request.name,
        rows=matrix,
        winner=winner,
        runner_up=runner_up,
        margin=margin,
        refused=counts,
        current=current,
        advice=None if rows.size else advise(table, request),
        policy=table.options.policy,
    )


def additions(shape: Shape, context: prefilters.Context) -> tuple[Addition, ...]:
    """Return what the pre-filters add to a shape, one after the other as they do it."""
    found = []
    for rule in prefilters.ALL:
        if rule.applies(shape, context):
            found.append(Addition(rule.NAME, rule.why(shape, context)))
            shape = rule.transform(shape, context)
    return tuple(found)


def _filter_verdicts(
    table: HostTable, request: Request
) -> tuple[list[tuple[FilterVerdict, ...]], npt.NDArray[np.bool_]]:
    rules = filters.applying(table, request)
    masks = [rule.mask(table, request) for rule in rules]
    passed = np.ones(len(table), dtype=np.bool_)
    for mask in masks:
        passed &= mask
    columns = [mask.tolist() for mask in masks]
    verdicts = [
        tuple(
            FilterVerdict(
                rule.NAME, column[row], rule.why(table, request, row), *figures(rule.NAME, table, request, row)
            )
            for rule, column in zip(rules, columns, strict=True)
        )
        for row in range(len(table))
    ]
    return verdicts, passed


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
            product = factor * share + 0.0  # never minus zero
            found[row].append(WeigherVerdict(weigher.NAME, value, share, factor, product))
    return {row: tuple(verdicts) for row, verdicts in found.items()}


def _total(weights: tuple[WeigherVerdict, ...] | None) -> float | None:
    return None if weights is None else sum((verdict.product for verdict in weights), 0.0)
