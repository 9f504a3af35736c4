# SPDX-License-Identifier: GPL-3.0-or-later
"""Exact placement with a proven bound, by CP-SAT of OR-tools (extra ``solver``). Pure; imported only when asked for.

The unknowns are counts: how many items of a kind a host gets. Items of one kind are alike, so this says all that single
items would, with far fewer unknowns. One worker, a fixed seed and a limit in deterministic time: the same problem gives
the same answer.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from novalite.schedule.search.objectives import Objective, value_of
from novalite.schedule.search.problem import NOWHERE, Problem, Where
from novalite.schedule.search.trackers import MILLION

if TYPE_CHECKING:
    from collections.abc import Sequence

HOSTS, FILL, MOVES = "hosts in use", "the fullest column", "moves"
EFFORT = 20.0  # units of CP-SAT's deterministic time, about a second each


@attrs.frozen(slots=True)
class Exact:
    """``value`` and ``bound`` are (items without a host, then the goal's number), None where nothing was found."""

    where: Where | None
    unplaced: int
    value: int | None
    bound: int | None
    gap: float | None
    status: str  # optimal, feasible, infeasible, unknown


def solve(
    problem: Problem, goal: str, *, start: Where | None = None, effort: float = EFFORT, whole: bool = False
) -> Exact:
    """Return the best assignment for a goal (``HOSTS``, ``FILL`` or ``MOVES``) that the effort finds.

    Placing many goes before the goal; ``whole``: only assignments that place every item. ``start``: a hint. Raises:
    ModuleNotFoundError, with advice, where OR-tools is not installed.
    """
    cp_model = _cp_model()
    model = _Model(problem, cp_model, whole=whole)
    weight = model.aim(goal)
    if start is not None:
        model.hint(start)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = effort
    code = solver.solve(model.model)
    status = {cp_model.OPTIMAL: "optimal", cp_model.FEASIBLE: "feasible", cp_model.INFEASIBLE: "infeasible"}.get(
        code, "unknown"
    )
    if status not in ("optimal", "feasible"):
        return Exact(None, 0, None, None, None, status)
    unplaced, value = divmod(round(solver.objective_value), weight)
    least = math.ceil(solver.best_objective_bound - 1e-6) - unplaced * weight
    bound = max(least, 0)
    return Exact(model.where(solver), unplaced, value, bound, (value - bound) / max(bound, 1), status)


def better(
    problem: Problem, objective: Objective, where: Where, goal: str, effort: float = EFFORT
) -> tuple[Where, Exact]:
    """Return the better of an assignment and what the solver finds, by an objective, and what the solver says."""
    found = solve(problem, goal, start=where, effort=effort)
    if found.where is None or value_of(objective, problem, where) <= value_of(objective, problem, found.where):
        return where, found
    return found.where, found


def _cp_model() -> Any:
    try:
        from ortools.sat.python import cp_model
    except ModuleNotFoundError as error:
        message = "exact placement needs OR-tools: pip install 'novalite[solver]'"
        raise ModuleNotFoundError(message) from error
    return cp_model


class _Model:
    """Counts of each kind on each host, and the rules over them."""

    def __init__(self, problem: Problem, cp_model: Any, *, whole: bool) -> None:
        self.problem, self.model = problem, cp_model.CpModel()
        kinds: dict[int, list[int]] = {}
        for item, kind in enumerate(problem.kinds):
            kinds.setdefault(kind, []).append(item)
        self.kinds = list(kinds.values())
        self.counts: list[dict[int, Any]] = [self._unknowns(items) for items in self.kinds]
        self.left = []
        for items, counts in zip(self.kinds, self.counts, strict=True):
            lost = self.model.new_int_var(0, 0 if whole else len(items), "")
            self.model.add(sum(counts.values()) + lost == len(items))
            self.left.append(lost)
        self._capacities()
        for group in range(len(problem.groups)):
            self._group(group)

    def _unknowns(self, items: Sequence[int]) -> dict[int, Any]:
        problem, item = self.problem, items[0]
        found = {}
        for row in problem.allowed[problem.class_of[item]].nonzero()[0].tolist():
            most = min((int(problem.free[row, c]) // amount for c, amount in problem.asks[item]), default=len(items))
            if most > 0:
                found[row] = self.model.new_int_var(0, min(most, len(items)), "")
        return found

    def _capacities(self) -> None:
        problem = self.problem
        for row in range(len(problem.hosts)):
            for column in range(len(problem.columns)):
                asked = self._asked(row, column)
                if len(asked) > 0:
                    self.model.add(sum(asked) <= int(problem.free[row, column]))

    def _asked(self, row: int, column: int) -> list[Any]:
        demand = self.problem.demand
        return [
            int(demand[items[0], column]) * counts[row]
            for items, counts in zip(self.kinds, self.counts, strict=True)
            if row in counts and demand[items[0], column]
        ]

    def _group(self, group: int) -> None:
        problem = self.problem
        rule = problem.groups[group]
        inside = [kind for kind, items in enumerate(self.kinds) if problem.group_of[items[0]] == group]
        members = len(problem.members[group])
        homes = []
        for row in range(len(problem.hosts)):
            here = [self.counts[kind][row] for kind in inside if row in self.counts[kind]]
            if not here:
                continue
            if rule.apart:
                self.model.add(sum(here) <= max(rule.limit - rule.fixed.get(row, 0), 0))
            elif rule.together and rule.fixed:
                if row not in rule.fixed:
                    self.model.add(sum(here) == 0)
            elif rule.together:
                home = self.model.new_bool_var("")
                self.model.add(sum(here) <= members * home)
                homes.append(home)
        if homes:
            self.model.add(sum(homes) <= 1)

    def aim(self, goal: str) -> int:
        """Minimise items without a host, then the goal; return how much one such item counts."""
        aims = {HOSTS: self._hosts, FILL: self._fill, MOVES: self._moves}
        what, most = aims[goal]()
        weight = most + 1
        self.model.minimize(weight * sum(self.left) + what)
        return weight

    def _hosts(self) -> tuple[Any, int]:
        problem = self.problem
        begun = sum(problem.in_use)
        used: dict[int, Any] = {}
        for row in range(len(problem.hosts)):
            here = [
                (counts[row], len(items))
                for items, counts in zip(self.kinds, self.counts, strict=True)
                if row in counts
            ]
            if problem.in_use[row] or not here:
                continue
            used[row] = self.model.new_bool_var("")
            for column in range(len(problem.columns)):
                if asked := self._asked(row, column):
                    self.model.add(sum(asked) <= int(problem.free[row, column]) * used[row])
            for count, most in here:
                self.model.add(count <= most * used[row])
        self._alike(used)
        return sum(used.values()) + begun, len(problem.hosts)

    def _alike(self, used: dict[int, Any]) -> None:
        """Of hosts that nothing tells apart, the first ones are used."""
        problem = self.problem
        special = {*problem.current, *(row for rule in problem.groups for row in rule.fixed)}
        last: dict[object, int] = {}
        for row, var in used.items():
            if row in special:
                continue
            kind = (tuple(problem.free[row].tolist()), tuple(problem.allowed[:, row].tolist()))
            if kind in last:
                self.model.add_implication(var, used[last[kind]])
            last[kind] = row

    def _fill(self) -> tuple[Any, int]:
        problem = self.problem
        fullest = self.model.new_int_var(0, 100 * MILLION, "")
        most = 0
        for row in range(len(problem.hosts)):
            for column, weighed in enumerate(problem.weighed):
                capacity = int(problem.capacity[row, column])
                if not weighed or capacity <= 0:
                    continue
                used = capacity - int(problem.free[row, column])
                most = max(most, max(used, capacity) * MILLION // capacity)
                # The fill is used x a million / capacity, rounded down: fullest + 1 is more than the quotient.
                asked = sum(self._asked(row, column)) + used
                self.model.add(capacity * (fullest + 1) >= asked * MILLION + 1)
        self.model.add(fullest <= most)
        return fullest, most

    def _moves(self) -> tuple[Any, int]:
        moves: list[Any] = []
        most = 0
        for items, counts, lost in zip(self.kinds, self.counts, self.left, strict=True):
            home = self.problem.current[items[0]]
            if home != NOWHERE:
                moves.append(len(items) - counts.get(home, 0) - lost)
                most += len(items)
        return sum(moves), most

    def hint(self, where: Where) -> None:
        """Give the solver an assignment to begin with."""
        for items, counts, lost in zip(self.kinds, self.counts, self.left, strict=True):
            rows = [where[item] for item in items]
            for row, count in counts.items():
                self.model.add_hint(count, rows.count(row))
            self.model.add_hint(lost, rows.count(NOWHERE))

    def where(self, solver: Any) -> Where:
        """Return the solver's counts as an assignment: of a kind, the first items to the first hosts."""
        found = [NOWHERE] * len(self.problem.items)
        for items, counts in zip(self.kinds, self.counts, strict=True):
            rows = [row for row, count in counts.items() for _ in range(solver.value(count))]
            for item, row in zip(items, rows, strict=False):
                found[item] = row
        return found
