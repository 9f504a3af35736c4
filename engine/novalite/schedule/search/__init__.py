# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole-batch placement, and moves of what exists. Pure; budgets are counts of steps, so the same input gives the same
answer on every machine. Every function leaves the table as it found it: booking is the caller's.

``place_batch(table, requests, policy) -> Solution``
    A row for each request, or None. Never places fewer than the ordinary scheduler, nor worse by the policy's
    objective; on small batches the best there is (``proved``). ``spread``: soft groups, the fullest host, the sum of
    squares of fills. ``pack``: hosts in use, their share of all room, soft groups. ``fewest-hosts``: hosts in use, soft
    groups, evenly. ``nova``, ``fast``: what the ordinary scheduler does; what it leaves over is placed with few changes
    to that. ``keep=True``: N+1 before all that. ``solver=True``: CP-SAT as well (extra ``solver``).
``minimal_moves(table, residents, requests=(), leave=()) -> Moves``
    The fewest moves after which every rule holds, each with the rule that causes it, in an order that can be done; or
    the core of why there are none. No change, no moves. ``leave``: hosts to drain.
``rebalance(table, residents, policy, max_moves, min_gain, per_gib) -> Rebalanced``
    Moves that pay, the best gain first, until nothing pays.
``unsat_core(problem) -> Core | None``
    Demands (instance, rule, group, column) of which any one must be dropped for the others to hold.

Answers are booked in the real table, one instance after the other, through the real filters; an answer that does not
pass is replaced by what the ordinary scheduler gives, or by no moves.
"""

from __future__ import annotations

from novalite.schedule.search.batch import OBJECTIVES, Solution, place_batch
from novalite.schedule.search.existing import Moves, minimal_moves, rebalance
from novalite.schedule.search.from_table import Living, problem_from_table
from novalite.schedule.search.moves import Move
from novalite.schedule.search.problem import GroupRule, Problem, make_problem
from novalite.schedule.search.rebalance import Rebalanced
from novalite.schedule.search.unsat import Core, Demand, unsat_core

__all__ = [
    "OBJECTIVES",
    "Core",
    "Demand",
    "GroupRule",
    "Living",
    "Move",
    "Moves",
    "Problem",
    "Rebalanced",
    "Solution",
    "make_problem",
    "minimal_moves",
    "place_batch",
    "problem_from_table",
    "rebalance",
    "unsat_core",
]
