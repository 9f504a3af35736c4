"""Goal 5: policy ``fewest-hosts`` on 1,000 instances and 200 hosts: hosts used over the linear-programming bound."""

from __future__ import annotations

import statistics
from typing import Any

from bench import clock, placing
from bench.figure import Figure, Goal, Settings, ratio

SEEDS = (7, 8, 9)
GOALS = {"plain": 1.01, "grouped": 1.05}
SECONDS = 1.0
SOLVER_SECONDS = 10


def measure(settings: Settings) -> list[Figure]:
    """Three seeds of each kind; CP-SAT and first fit decreasing on the same problems."""
    found: list[Figure] = []
    for kind, goal in GOALS.items():
        solver = (SOLVER_SECONDS,) if kind == "plain" else ()
        runs = [_checked(placing.packing(seed, kind, *solver)) for seed in SEEDS]
        over = statistics.fmean(run["hosts"] / run["bound"] for run in runs)
        rival = statistics.fmean(run["first_fit_decreasing"] / run["bound"] for run in runs)
        parts = {"hosts": [run["hosts"] for run in runs], "bound": [run["bound"] for run in runs]}
        parts |= {"first_fit_decreasing": [run["first_fit_decreasing"] for run in runs]}
        parts |= {"cp_sat": [run["cp_sat"] for run in runs]} if solver else {}
        worst = max(run["hosts"] / run["first_fit_decreasing"] for run in runs)
        found += [
            Figure(f"schedule_packing.{kind}", ratio(over, 1), goal, parts=parts),
            Figure(f"schedule_packing.{kind}_cpu", round(max(run["cpu_s"] for run in runs), 3), SECONDS, unit="s"),
            Figure(f"schedule_packing.{kind}_over_ffd", ratio(worst, 1), 1.0, parts={"ffd_on_bound": ratio(rival, 1)}),
        ]
    return found


def _checked(run: dict[str, Any]) -> dict[str, Any]:
    if run["wrong"]:
        raise clock.ProcessError(f"the packing is wrong: {run['wrong']}")
    return run


GOAL = Goal(
    "schedule_packing",
    "1,000 instances on 200 hosts, policy fewest-hosts: hosts used / linear-programming bound, CPU; / first fit",
    measure,
    tuple(
        row
        for kind, goal in GOALS.items()
        for row in (
            (f"schedule_packing.{kind}", goal),
            (f"schedule_packing.{kind}_cpu", SECONDS),
            (f"schedule_packing.{kind}_over_ffd", 1.0),
        )
    ),
)
