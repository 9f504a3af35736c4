# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole-batch placement. Pure; the budgets are counts of steps: the same input gives the same answer on every machine.

``place_batch(table, requests, policy) -> Solution``
    A row for each request, or None. Never places fewer than the ordinary scheduler, nor worse by the policy's
    objective; on small batches the best there is (``proved``). ``spread``: soft groups, the fullest host, the sum of
    squares of fills. ``pack``: hosts in use, their share of all room, soft groups. ``fewest-hosts``: hosts in use,
    soft groups, evenly. ``nova``, ``fast``: what the ordinary scheduler does; what it leaves over is placed with few
    changes to that.

Every answer was booked in the real table, one instance after the other, through the real filters; one that does not
pass is replaced by what the ordinary scheduler gives. The table is left as it was found: booking is the caller's.
"""

from __future__ import annotations

from novalite.schedule.search.batch import OBJECTIVES, Solution, place_batch
from novalite.schedule.search.from_table import Living, problem_from_table
from novalite.schedule.search.problem import GroupRule, Problem, make_problem

__all__ = [
    "OBJECTIVES",
    "GroupRule",
    "Living",
    "Problem",
    "Solution",
    "make_problem",
    "place_batch",
    "problem_from_table",
]
