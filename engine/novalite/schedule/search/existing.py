# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that exist, on a host table: what must move, what had better move, and why it cannot. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.schedule import filters
from novalite.schedule.numa.hardware import hold_spec, release_spec
from novalite.schedule.search import order, verify
from novalite.schedule.search.batch import OBJECTIVES, without_soft
from novalite.schedule.search.counting import shortage
from novalite.schedule.search.from_table import problem_from_table
from novalite.schedule.search.moves import Move, moves_between, settle
from novalite.schedule.search.objectives import tracked
from novalite.schedule.search.problem import NOWHERE
from novalite.schedule.search.rebalance import Rebalanced, rebalance_problem
from novalite.schedule.search.unsat import Core, unsat_core

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from novalite.schedule.providers.grants import Take
    from novalite.schedule.request import Request
    from novalite.schedule.search.from_table import Living
    from novalite.schedule.table import HostTable


@attrs.frozen(slots=True)
class Moves:
    """``moves`` in the order in which they are done; ``rows``: where each item ends, None where nothing was found.

    ``fewest``: no smaller number of moves does (``count`` of them, without detours); ``least``: fewer than so many do
    not, whoever else may move. ``core``: why nothing was found, where that could be told; ``short``: what there is not
    enough of, where counting alone shows it.
    """

    moves: tuple[Move, ...]
    rows: Mapping[str, int] | None
    count: int = 0
    cost: int = 0  # MiB
    fewest: bool = False
    core: Core | None = None
    steps: int = 0
    least: int = 0
    short: str | None = None


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
        return Moves((), None, core=core, fewest=found.proved, steps=found.steps, short=shortage(problem))
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
    moves = found.moves[: _in_turn(table, living, found.moves)]
    if len(moves) == len(found.moves):
        return found
    where = list(problem.current)
    numbers = {name: number for number, name in enumerate(problem.items)}
    for move in moves:
        where[numbers[move.name]] = table.rows[move.target]
    return attrs.evolve(found, moves=moves, after=tracked(objective, problem, where).value())


def _in_turn(table: HostTable, living: Sequence[Living], moves: Sequence[Move]) -> int:
    """Return how many of the moves the real filters allow, each when those before it are done."""
    residents = {one.request.name: one for one in living}
    left: list[tuple[Living, tuple[Take, ...]]] = []
    booked: list[tuple[Request, int]] = []
    try:
        for count, move in enumerate(moves):
            one, row = residents[move.name], table.rows[move.target]
            left.append((one, _leave(table, one)))
            if not verify.passes(table, [(one.request, row)]):
                return count
            table.book(one.request, row)
            booked.append((one.request, row))
    finally:
        verify.unbook(table, booked)
        for one, takes in reversed(left):
            _return(table, one, takes)
    return len(moves)


def _passes(table: HostTable, living: Sequence[Living], new: Sequence[Request], rows: Mapping[str, int]) -> bool:
    """Tell whether the real filters let everybody in who moves or comes, after those who move have left."""
    leaving = [one for one in living if one.host in table.rows and rows[one.request.name] != table.rows[one.host]]
    takes = [_leave(table, one) for one in leaving]
    placed = [(one.request, rows[one.request.name]) for one in leaving]
    placed += [(request, row) for request in new if (row := rows[request.name]) != NOWHERE]
    try:
        return verify.passes(table, placed)
    finally:
        for one, held in zip(reversed(leaving), reversed(takes), strict=True):
            _return(table, one, held)


def _leave(table: HostTable, one: Living) -> tuple[Take, ...]:
    """Take an instance off its host, with its CPUs, pages and devices; return what providers gave it."""
    takes = table.providers.held(one.request, table.rows[one.host])
    table.providers.take(table.rows[one.host], takes, -1)
    _count(table, one, 1)
    if one.spec:
        release_spec(table, one.host, one.spec)
    return takes


def _return(table: HostTable, one: Living, takes: Iterable[Take]) -> None:
    """Put an instance back where it was."""
    if one.spec:
        hold_spec(table, one.host, one.spec)
    _count(table, one, -1)
    table.providers.take(table.rows[one.host], takes)


def _count(table: HostTable, one: Living, sign: int) -> None:
    """Count an instance off its host, or on it again (-1): its group, and what no provider but the host gives."""
    row, providers = table.rows[one.host], table.providers
    for name, amount in providers.demand(one.request.shape).total.items():
        if providers.is_plain[row] or name not in providers.classes:
            table.resource(name).book(row, -sign * amount)
    table.num_instances[row] -= sign
    if one.request.group is not None:
        counts = table.members.setdefault(one.request.group.name, {})
        counts[row] = counts.get(row, 0) - sign
        if not counts[row]:
            del counts[row]
