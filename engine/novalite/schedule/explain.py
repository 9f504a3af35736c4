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

from novalite.model.placement import Addition, Explanation, FilterVerdict, HostVerdict, WeigherVerdict
from novalite.schedule import filters, prefilters, weighers
from novalite.schedule.figures import figures
from novalite.schedule.order import in_order
from novalite.schedule.refusal import first_refusals
from novalite.schedule.relax import advise
from novalite.schedule.select import batch_for
from novalite.schedule.weigh import best_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from novalite.schedule.request import Request, Shape
    from novalite.schedule.table import HostTable, Mask

MOST_ROWS = 50_000  # of hosts, over all explanations of a plan


def explain(
    table: HostTable, requests: Iterable[Request], name: str, chosen: Mapping[str, str] | None = None
) -> Explanation | None:
    """Return why the instance is placed where it is, or nowhere; None where no request has the name.

    Those before it are placed again one by one or, where it is known what the plan has ``chosen``, booked as it says:
    a search over the whole batch may have chosen otherwise.
    """
    ordered = in_order(requests, table.options.policy)
    place = next((index for index, request in enumerate(ordered) if request.name == name), None)
    if place is None:
        return None
    before, host = ordered[:place], None
    if chosen is None:
        batch_for(table).place_all(before)
    else:
        host = chosen.get(name)
        for request in before:
            if request.name in chosen:
                table.book(request, table.rows[chosen[request.name]])
    return with_choice(explain_request(table, ordered[place], chosen=host), host)


def explain_all(table: HostTable, requests: Iterable[Request], chosen: Mapping[str, str]) -> dict[str, Explanation]:
    """Return the explanation of every request, by name; ``chosen`` is where the plan put each: that is what is booked.

    Where hosts x requests are many, each has only the rows of the winner, the runner-up and one host for each refusal.
    """
    ordered = in_order(requests, table.options.policy)
    brief = len(ordered) * len(table) > MOST_ROWS
    found = {}
    for request in ordered:
        host = chosen.get(request.name)
        found[request.name] = with_choice(explain_request(table, request, chosen=host, brief=brief), host)
        if host is not None:
            table.book(request, table.rows[host])
    return found


def with_choice(explanation: Explanation, host: str | None) -> Explanation:
    """Return the explanation with the host that a search chose, where that is not the one of the best weights."""
    return explanation if host in (None, explanation.winner) else attrs.evolve(explanation, chosen=host)


def explain_request(
    table: HostTable, request: Request, current: str | None = None, *, chosen: str | None = None, brief: bool = False
) -> Explanation:
    """Return the matrix of one request on the table as it is now; ``current`` is where the instance lives already.

    ``brief``: only the rows of the winner, the runner-up, ``chosen``, ``current``, and one host for each refusal.
    """
    rules = filters.applying(table, request)
    masks = [rule.mask(table, request) for rule in rules]
    passed = np.logical_and.reduce([np.ones(len(table), dtype=np.bool_), *masks])
    rows = np.flatnonzero(passed)
    counts, examples = first_refusals(table, request)
    winner = runner_up = margin = None
    if rows.size:
        choice = best_of(table, request, rows)
        winner = table.names[choice.row]
        if choice.runner_up is not None:
            runner_up = table.names[choice.runner_up]
            margin = choice.weight - choice.runner_up_weight
    shown: Collection[int] = range(len(table))
    if brief:
        named = [winner, runner_up, chosen, current, *(text.partition(": ")[0] for text in examples.values())]
        shown = sorted({table.rows[name] for name in named if name in table.rows})
    weights = _weigher_verdicts(table, request, rows, shown)
    matrix = tuple(
        HostVerdict(
            table.names[row],
            _filter_verdicts(table, request, rules, masks, row),
            weights.get(row, ()),
            _total(weights.get(row)),
        )
        for row in shown
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
        left_out=len(table) - len(matrix),
    )


def additions(shape: Shape, context: prefilters.Context) -> tuple[Addition, ...]:
    """Return what the pre-filters add to a shape, one after the other as they do it."""
    return tuple(Addition(name, why) for name, why in prefilters.reasons(shape, context))


def _filter_verdicts(
    table: HostTable, request: Request, rules: Sequence[filters.Filter], masks: Sequence[Mask], row: int
) -> tuple[FilterVerdict, ...]:
    return tuple(
        FilterVerdict(
            rule.NAME, bool(mask[row]), rule.why(table, request, row), *figures(rule.NAME, table, request, row)
        )
        for rule, mask in zip(rules, masks, strict=True)
    )


def _weigher_verdicts(
    table: HostTable, request: Request, rows: npt.NDArray[np.intp], shown: Collection[int]
) -> dict[int, tuple[WeigherVerdict, ...]]:
    """Return the verdicts on the rows to be shown; all that passed are compared."""
    wanted = [(place, row) for place, row in enumerate(rows.tolist()) if row in shown]
    found: dict[int, list[WeigherVerdict]] = {row: [] for _, row in wanted}
    if rows.size < 2:  # a single host is not weighed
        return dict.fromkeys(found, ())
    for weigher in weighers.active(table, request):
        raw = weigher.raw(table, request)[rows]
        normalised = weighers.shares(table, weigher, raw)
        factors = weighers.multiplier(table, weigher)[rows]
        for place, row in wanted:
            value, share, factor = float(raw[place]), float(normalised[place]), float(factors[place])
            found[row].append(WeigherVerdict(weigher.NAME, value, share, factor, factor * share))
    return {row: tuple(verdicts) for row, verdicts in found.items()}


def _total(weights: tuple[WeigherVerdict, ...] | None) -> float | None:
    if weights is None:
        return None
    total = 0.0  # one after the other, as the choice was made: sum() of newer Pythons rounds otherwise
    for verdict in weights:
        total += verdict.product
    return total
