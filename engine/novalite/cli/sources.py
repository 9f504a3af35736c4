# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a command's input comes from: the fleet, the inventory, a snapshot, a plan; each with its default."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from novalite.cli.console import note, wants_colour
from novalite.errors import NovaliteError, SpecError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.model.fleet import Fleet
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot
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


# With nothing to do the process is about to end, and taking 10,000 instances apart would be a tenth of its time. Where
# there is something to do, the memory is wanted for the plan's bytes.
_KEPT: list[object] = []


def inventories(given: Sequence[str]) -> list[str]:
    """Return the Ansible inventories to use."""
    if given:
        return list(given)
    named = os.environ.get("NOVALITE_INVENTORY")
    return [part for part in named.split(os.pathsep) if part] if named else ["hosts.yml"]


def fleet_path(given: str | None) -> Path:
    """Return the fleet to use. Raises: NovaliteError where there is none."""
    if given is not None:
        return Path(given)
    for name in ("fleet", "fleet.yml"):
        if Path(name).exists():
            return Path(name)
    raise NovaliteError("no fleet here: neither ./fleet nor ./fleet.yml", proceed="novalite init .")


def cache_dir() -> Path:
    """Return where things that can be made again are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "novalite"


def load_fleet(given: str | None, *, allow_outside: bool = False) -> Fleet:
    """Return the fleet; warnings are printed. Raises: SpecError with every problem."""
    path = fleet_path(given)
    from novalite.spec.load import load_fleet as load

    fleet, problems = load(path, cache_dir=cache_dir(), allow_outside=allow_outside)
    if fleet is None or any(problem.severity == "error" for problem in problems):
        raise SpecError(problems)
    if problems:
        from novalite.render.problems import problems_text

        note(problems_text(problems, colour=wants_colour(sys.stderr)))
    return fleet


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


def observe(planning: Planning, limit: Sequence[str] | None = None) -> Snapshot:
    """Return what the hosts hold, from a file or by asking them."""
    if planning.snapshot is not None:
        from novalite.observe.file import load_snapshot

        return load_snapshot(Path(planning.snapshot), keep_facts=False)
    from novalite.cli.progress import Progress
    from novalite.observe.collect import observe as ask

    with Progress("observing", quiet=planning.quiet) as progress:
        return ask(inventories(planning.inventory), limit=limit, forks=planning.forks, on_event=progress.take).snapshot


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
        assume_empty=planning.assume_empty,
        max_destroy=planning.max_destroy,
        explain=explain,
    )
    if thought is not None:
        from novalite.plan.what_if import as_what_if

        plan = as_what_if(plan, thought, before)
    if plan.is_empty:
        _KEPT.append((fleet, snapshot))
    return plan


def unknown_hosts(plan: Plan) -> dict[str, str]:
    """Return the hosts whose silence limits this plan, with the reasons."""
    return {host: reason for host, reason in plan.unknown.items() if host not in plan.assumed_empty}
