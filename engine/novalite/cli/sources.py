# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command plans with, and the plan it makes of its input (look.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.cli.look import load_fleet, observe
from novalite.errors import NovaliteError

if TYPE_CHECKING:
    from novalite.model.fleet import Fleet
    from novalite.model.plan import Plan
    from novalite.problem import Problem
    from novalite.schedule.what_if import Change


@attrs.frozen(slots=True)
class Planning:
    """What the user said about how to plan."""

    inventory: tuple[str, ...] = ()
    forks: int = 20
    snapshot: str | None = None
    max_destroy: int | None = None
    assume_empty: tuple[str, ...] = ()
    allow_outside: bool = False
    quiet: bool = False
    lock_wait_s: int = 30
    max_down: int | None = None
    max_disruption: str = "restart"
    settle: bool = False
    purge: bool = False


# With nothing to do the process is about to end, and taking 10,000 instances apart would be a tenth of its time. Where
# there is something to do, the memory is wanted for the plan's bytes.
_KEPT: list[object] = []


def require_solver(fleet: Fleet) -> None:
    """Raise NovaliteError where the fleet asks for the solver and it is not installed: before any host is contacted."""
    if not fleet.scheduler.get("exact"):
        return
    from importlib.util import find_spec

    if find_spec("ortools") is None:
        place = fleet.place("scheduler", "exact")
        where = f"{place.file}:{place.line}: " if place is not None else ""
        message = f"{where}scheduler: exact: true needs OR-tools, which is not installed; nothing was contacted"
        raise NovaliteError(message, proceed="pip install 'novalite[solver]'")


def make_plan(
    given: str | None,
    planning: Planning,
    *,
    destroy: bool = False,
    explain: bool = False,
    change: Change | None = None,
) -> Plan:
    """Return the plan for a fleet; nothing is contacted before the fleet is known to be valid.

    With a ``change`` it is the plan for hosts so changed: a what-if.
    """
    fleet = load_fleet(given, allow_outside=planning.allow_outside)
    if not destroy:
        require_solver(fleet)
    unwatched: tuple[Problem, ...] = ()
    if fleet.secrets and not destroy:
        from novalite.cli.secret_values import watched

        fleet, unwatched = watched(fleet)
    snapshot = observe(planning)
    thought, before = None, []
    if change:
        from novalite.cli.what_if import imagined
        from novalite.plan.ask import ask_survival, standing

        thought = imagined(fleet, snapshot, change)
        before = ask_survival(fleet, snapshot, standing(fleet, snapshot)) if fleet.goals else []
        fleet, snapshot = thought.fleet, thought.snapshot
    from novalite.plan.build import reconcile

    plan = reconcile(
        fleet,
        snapshot,
        destroy=destroy,
        purge=planning.purge,
        assume_empty=planning.assume_empty,
        max_destroy=planning.max_destroy,
        max_down=planning.max_down,
        max_disruption=planning.max_disruption,
        settle_pending=planning.settle,
        explain=explain,
    )
    if unwatched:
        from novalite.cli.secret_values import with_problems

        plan = with_problems(plan, unwatched)
    if thought is not None:
        from novalite.plan.what_if import as_what_if

        plan = as_what_if(plan, thought, before)
    if plan.is_empty:
        _KEPT.append((fleet, snapshot))
    return plan


def unknown_hosts(plan: Plan) -> dict[str, str]:
    """Return the hosts whose silence limits this plan, with the reasons."""
    return {host: reason for host, reason in plan.unknown.items() if host not in plan.assumed_empty}
