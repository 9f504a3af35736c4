# SPDX-License-Identifier: GPL-3.0-or-later
"""CP-SAT, and the heuristics held against it on hundreds of batches too large to try everything."""

from __future__ import annotations

import random
import sys

import pytest

from novalite.schedule.search import GroupRule, Problem, make_problem
from novalite.schedule.search.batch import OBJECTIVES, search
from novalite.schedule.search.exact import FILL, HOSTS, MOVES, solve
from novalite.schedule.search.objectives import Even, HostCount, value_of
from novalite.schedule.search.state import State

GROUPS = [GroupRule("apart", "anti-affinity", 2), GroupRule("together", "affinity"), GroupRule("far", "anti-affinity")]
SIZES = [(1, 2), (2, 1), (2, 4), (3, 3), (4, 2)]


def batch(seed: int, items: int = 24, hosts: int = 8) -> Problem:
    turn = random.Random(seed)
    lines = [[turn.random() < 0.8 for _ in range(hosts)] for _ in range(3)]
    return make_problem(
        [(turn.choice([8, 12, 16]), turn.choice([8, 12, 16])) for _ in range(hosts)],
        [turn.choice(SIZES) for _ in range(items)],
        allowed=[turn.choice(lines) for _ in range(items)],
        groups=GROUPS,
        group_of=[turn.choice([-1, -1, -1, 0, 1, 2]) for _ in range(items)],
    )  # fmt: skip


@pytest.mark.parametrize("block", range(10))
def test_search_against_cp_sat(block: int) -> None:
    """Never better than a proven optimum, never above the solver's bound by much, and as many placed."""
    over = []
    for seed in range(block * 20, block * 20 + 20):
        problem = batch(seed, items=8 + seed % 7, hosts=5)
        found = search(problem, OBJECTIVES["fewest-hosts"], "fewest-hosts")
        assert State(problem, found.where).where == found.where  # breaks no rule
        exact = solve(problem, HOSTS, start=found.where, effort=0.1)
        unplaced, hosts = value_of(HostCount(), problem, found.where)
        assert exact.where is not None
        assert State(problem, exact.where).where == exact.where
        assert value_of(HostCount(), problem, exact.where) == (exact.unplaced, exact.value)
        if exact.status == "optimal":
            assert (unplaced, hosts) >= (exact.unplaced, exact.value)
            assert unplaced == exact.unplaced
            over.append(hosts - exact.value)
    assert sum(over) <= len(over) / 4


def test_fill_is_the_fullest_column() -> None:
    problem = make_problem([(8, 8), (8, 16)], [(3, 3), (3, 3), (2, 6)])
    found = solve(problem, FILL)
    assert found.where is not None
    assert (found.status, found.gap) == ("optimal", 0.0)
    assert value_of(Even(), problem, found.where)[:2] == (0, found.value)
    assert found.value == value_of(Even(), problem, search(problem, OBJECTIVES["spread"], "spread").where)[1]


def test_moves_are_few() -> None:
    problem = make_problem([(4,), (4,)], [(2,), (2,), (2,)], current=[0, 0, 0])
    found = solve(problem, MOVES)
    assert (found.unplaced, found.value, found.bound) == (0, 1, 1)


def test_what_does_not_fit_is_counted_or_refused() -> None:
    problem = make_problem([(4,)], [(3,), (3,)])
    assert (solve(problem, HOSTS).unplaced, solve(problem, HOSTS, whole=True).status) == (1, "infeasible")


def test_the_same_answer_twice() -> None:
    problem = batch(3)
    assert solve(problem, HOSTS, effort=0.5) == solve(problem, HOSTS, effort=0.5)


def test_advice_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ortools.sat.python", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'novalite\[solver\]'"):
        solve(batch(1), HOSTS)
