# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole batch by the fleet's policy: one by one, or together; and the reasons of what came out.

One by one (``nova``, ``fast``): what that leaves over is placed by a search that changes as little as it can. The other
policies look for the best of the whole batch. Searched is only what is small enough for it (``SEARCHED``): more than
that is placed one by one, and the result says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.placement import BatchFigures, Placement, Unplaced
from novalite.schedule.batch import Batch
from novalite.schedule.numa.hardware import claim_of
from novalite.schedule.order import in_order
from novalite.schedule.reason import short_reason
from novalite.schedule.refusal import unplaced
from novalite.schedule.select import select

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from novalite.schedule.request import Request
    from novalite.schedule.search import Core, Solution
    from novalite.schedule.table import HostTable

ONE_BY_ONE = frozenset({"nova", "fast"})
SEARCHED = 4_000_000  # instances x hosts: beyond this a search takes minutes
EXPLAINED = 20_000  # instances x hosts: up to this it is worked out what cannot hold together

Result = Placement | Unplaced


@attrs.frozen(slots=True)
class Whole:
    """A result for each request, in natural order of names; what a search says of them; what cannot hold together."""

    results: tuple[Result, ...]
    figures: BatchFigures | None = None
    core: Core | None = None


def place_whole(make_table: Callable[[], HostTable], requests: Sequence[Request]) -> Whole:
    """Return where all requests go. ``make_table`` returns the hosts anew each time."""
    table = make_table()
    policy = table.options.policy
    keep = table.options.keep_n_plus_one
    small = len(requests) * len(table) <= SEARCHED
    found: tuple[Result, ...] = ()
    lost = 0
    if policy in ONE_BY_ONE or not small:
        found = tuple(select(table, requests))
        lost = sum(isinstance(result, Unplaced) for result in found)
        if not (lost or keep) or not small:
            if policy in ONE_BY_ONE and not keep:
                return Whole(found)
            wanted = "keep_n_plus_one" if policy in ONE_BY_ONE else policy
            return Whole(found, BatchFigures(policy, f"one by one: too many for {wanted}"))
        table = make_table()
    from novalite.schedule.search import place_batch, problem_from_table, unsat_core

    options = table.options
    solution = place_batch(table, requests, policy, keep=keep, solver=options.exact)
    core = None
    if solution.unplaced and len(requests) * len(table) <= EXPLAINED:
        core = unsat_core(problem_from_table(table, requests))
    if policy in ONE_BY_ONE and lost and len(solution.unplaced) >= lost:
        return Whole(found, core=core)
    return Whole(_told(table, requests, solution), figures_of(policy, solution), core)


def figures_of(policy: str, solution: Solution) -> BatchFigures:
    """Return what a plan says of a search."""
    told = (solution.method, tuple(solution.value), solution.bound, solution.gap, solution.proved, solution.numbers)
    return BatchFigures(policy, *told)


def _told(table: HostTable, requests: Sequence[Request], solution: Solution) -> tuple[Result, ...]:
    """Book an answer, and return it with the reasons: where it differs from the best weight, that it does, and why."""
    batch = Batch(table)
    found: dict[str, Result] = {}
    ordered = in_order(requests, table.options.policy)
    for request in ordered:
        row = solution.rows[request.name]
        if row is None:
            continue
        choice = batch.choose(request)
        first = choice is not None and choice.row == row
        alone = choice is not None and choice.considered == 1
        usual = first and (alone or table.options.policy in ONE_BY_ONE)  # else it is by chance that it is the best
        why = short_reason(table, request, choice) if choice is not None and usual else _why(table, solution)
        batch.book(request, row)
        runner_up = (
            table.names[choice.runner_up] if choice is not None and first and choice.runner_up is not None else None
        )
        found[request.name] = Placement(
            request.name,
            table.names[row],
            why,
            choice.weight if choice is not None and first else 0.0,
            runner_up,
            choice.considered if choice is not None else 0,
            claim_of(table, request, row),
        )
    for request in ordered:
        if request.name not in found:
            found[request.name] = unplaced(table, request)
    return tuple(found[request.name] for request in ordered)


def _why(table: HostTable, solution: Solution) -> str:
    policy = table.options.policy
    if policy in ONE_BY_ONE:
        return "so that any one host may be lost" if table.options.keep_n_plus_one else "so that all find a place"
    return f"policy {policy}: best for the whole batch ({solution.method})"
