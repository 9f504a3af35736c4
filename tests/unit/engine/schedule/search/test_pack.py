# SPDX-License-Identifier: GPL-3.0-or-later
"""Packing against the bound: 1,000 instances of nine flavors on 200 hosts of three kinds."""

from __future__ import annotations

import random

import pytest
from ortools.linear_solver import pywraplp

from novalite.schedule.search import bound
from novalite.schedule.search.greedy import first_fit_decreasing
from novalite.schedule.search.objectives import HostCount, value_of
from novalite.schedule.search.pack import pack
from novalite.schedule.search.problem import GroupRule, Problem, make_problem

FLAVORS = [
    (1, 2, 20), (2, 4, 40), (4, 8, 80), (8, 16, 160), (2, 16, 40), (8, 8, 40), (16, 32, 200), (4, 32, 60), (12, 6, 300),
]  # fmt: skip
KINDS = [(64, 192, 3000), (96, 256, 4000), (48, 384, 3000)]
HOSTS, ITEMS, STEPS = 200, 1000, 5_000


def batch(seed: int, *, groups: int = 0) -> Problem:
    """``groups``: so many anti-affinity groups of five."""
    turn = random.Random(seed)
    return make_problem(
        [KINDS[row % 3] for row in range(HOSTS)],
        [FLAVORS[turn.randrange(len(FLAVORS))] for _ in range(ITEMS)],
        groups=[GroupRule(f"g{index}", "anti-affinity") for index in range(groups)],
        group_of=[item // 5 if item // 5 < groups else -1 for item in range(ITEMS)],
    )


def program(problem: Problem) -> float:
    """Return the linear program's bound, by another's solver."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    parts = [solver.NumVar(0, 1, "") for _ in problem.hosts]
    for column in range(len(problem.columns)):
        room = sum(int(problem.free[row, column]) * part for row, part in enumerate(parts))
        solver.Add(room >= float(problem.demand[:, column].sum()))
    solver.Minimize(sum(parts))
    assert solver.Solve() == pywraplp.Solver.OPTIMAL
    return solver.Objective().Value()


@pytest.mark.parametrize(("groups", "goal"), [(0, 1.01), (60, 1.05)], ids=["plain", "grouped"])
def test_close_to_the_bound_and_never_worse_than_first_fit(groups: int, goal: float) -> None:
    ratios = []
    for seed in (7, 8, 9):
        problem = batch(seed, groups=groups)
        where, steps = pack(problem, STEPS)
        assert steps <= STEPS
        unplaced, hosts = value_of(HostCount(), problem, where)
        assert unplaced == 0
        least = bound.fewest_hosts(problem)
        assert least >= program(problem) - 1e-3
        assert hosts <= value_of(HostCount(), problem, first_fit_decreasing(problem).where)[1]
        ratios.append(hosts / least)
    assert sum(ratios) / len(ratios) <= goal


@pytest.mark.parametrize("seed", range(12))
def test_the_bound_is_that_of_the_linear_program(seed: int) -> None:
    turn = random.Random(seed)
    kinds = [tuple(turn.randrange(20, 90) for _ in range(3)) for _ in range(4)]
    items = [tuple(turn.randrange(1, 12) for _ in range(3)) for _ in range(60)]
    problem = make_problem([turn.choice(kinds) for _ in range(60)], items)
    exact = program(problem)
    (part,) = bound.parts(problem)
    assert part.hosts <= exact + 1e-6
    assert part.hosts >= exact * 0.999


def test_the_bound_adds_up_what_shares_no_host() -> None:
    halves = [[True] * 3 + [False] * 3] * 2 + [[False] * 3 + [True] * 3] * 2
    problem = make_problem([(4,)] * 6, [(1,)] * 4, allowed=halves)
    assert bound.fewest_hosts(problem) == 2


def test_a_group_needs_as_many_hosts_as_it_has_members() -> None:
    problem = make_problem([(100,)] * 9, [(1,)] * 7, groups=[GroupRule("g", "anti-affinity", 2)], group_of=[0] * 7)
    assert bound.fewest_hosts(problem) == 4
    assert value_of(HostCount(), problem, pack(problem, STEPS)[0]) == (0, 4)
