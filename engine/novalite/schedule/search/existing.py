# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that exist, on a host table: what must move, what had better move, and why it cannot. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.schedule import filters
from novalite.schedule.search import order, verify
from novalite.schedule.search.batch import OBJECTIVES, without_soft
from novalite.schedule.search.from_table import problem_from_table
from novalite.schedule.search.moves import Move, moves_between, settle
from novalite.schedule.search.problem import NOWHERE
from novalite.schedule.search.rebalance import Rebalanced, rebalance_problem
from novalite.schedule.search.unsat import Core, unsat_core

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from novalite.schedule.request import Request
    from novalite.schedule.search.from_table import Living
    from novalite.schedule.table import HostTable


@attrs.frozen(slots=True)
class Moves:
    """``moves`` in the order in which they are done; ``rows``: where each item ends, None where nothing was found.

    ``fewest``: no smaller number of moves does (``count`` of them, without detours); ``least``: fewer than so many do
    not, whoever else may move. ``core``: why nothing was found, where that could be told.
    """

    moves: tuple[Move, ...]
    rows: Mapping[str, int] | None
    count: int = 0
    cost: int = 0  # MiB
    fewest: bool = False
    core: Core | None = None
    steps: int = 0
    least: int = 0


def minimal_moves(
    table: HostTable,
    residents: Iterable[Living],
    requests: Iterable[Request] = (),
    *,
    leave: Collection[str] = (),
    explain: bool = True,
) -> Moves:
    """Return the fewest moves after which every rule holds for all residents, and all requests have a host too.

    ``leave``: hosts that every resident must go from. ``explain``: look for the core where there are no moves. The
    table holds the residents; it is left as it was found.
    """
    living, new = list(residents), list(requests)
    problem = problem_from_table(table, new, living, leave=leave)
    found = settle(problem)
    if found.where is None or found.value is None:
        core = unsat_core(problem) if explain else None
        return Moves((), None, core=core, fewest=found.proved, steps=found.steps)
    where = list(found.where)
    moves = order.in_order(problem, moves_between(problem, where), where)
    rows = dict(zip(problem.items, where, strict=True))
    if not _passes(table, living, new, rows):
        return Moves((), None, steps=found.steps)
    told = _told(table, living, moves)
    return Moves(told, rows, found.value[1], found.value[2], found.fewest, steps=found.steps, least=found.least)


def _told(table: HostTable, living: Sequence[Living], moves: Iterable[Move]) -> tuple[Move, ...]:
    """Return the moves with what the filters themselves say of the hosts that are left, where they have a say."""
    rules = {rule.NAME: rule for rule in filters.BY_SHAPE}
    homes = {one.request.name: one for one in living}
    found = []
    for move in moves:
        one = homes.get(move.name)
        if one is not None and move.rule in rules:
            move = attrs.evolve(move, why=rules[move.rule].why(table, one.request, table.rows[one.host]))
        found.append(move)
    return tuple(found)


def rebalance(
    table: HostTable,
    residents: Iterable[Living],
    policy: str,
    *,
    max_moves: int = 100,
    min_gain: float = 0.0,
    per_gib: float = 0.0,
) -> Rebalanced:
    """Return the moves that pay by a policy's objective, the best first; see ``rebalance_problem``.

    Who is not where its rules let it be stays there: that is for ``minimal_moves``. Raises: KeyError for a policy that
    is none of ``spread``, ``pack`` and ``fewest-hosts``.
    """
    objective = {name: OBJECTIVES[name] for name in ("spread", "pack", "fewest-hosts")}[policy]
    living = list(residents)
    problem = problem_from_table(table, (), living)
    objective = without_soft(objective, problem)
    found = rebalance_problem(problem, objective, max_moves=max_moves, min_gain=min_gain, per_gib=per_gib)
    rows = dict(zip(problem.items, problem.current, strict=True))
    rows |= {move.name: table.rows[move.target] for move in found.moves}
    if not _passes(table, living, [], rows):
        return attrs.evolve(found, moves=(), after=found.before)
    return found


def _passes(table: HostTable, living: Sequence[Living], new: Sequence[Request], rows: Mapping[str, int]) -> bool:
    """Tell whether the real filters let everybody in who moves or comes, after those who move have left."""
    leaving = [one for one in living if one.host in table.rows and rows[one.request.name] != table.rows[one.host]]
    for one in leaving:
        _leave(table, one, 1)
    placed = [(one.request, rows[one.request.name]) for one in leaving]
    placed += [(request, row) for request in new if (row := rows[request.name]) != NOWHERE]
    try:
        return verify.passes(table, placed)
    finally:
        for one in leaving:
            _leave(table, one, -1)


def _leave(table: HostTable, one: Living, sign: int) -> None:
    """Take an instance off its host (1), or put it back (-1)."""
    row = table.rows[one.host]
    table.release({name: sign * amount for name, amount in one.request.shape.resources}, one.host)
    table.num_instances[row] -= sign
    if one.request.group is not None:
        counts = table.members.setdefault(one.request.group.name, {})
        counts[row] = counts.get(row, 0) - sign
        if not counts[row]:
            del counts[row]
