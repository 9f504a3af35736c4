# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a command's input comes from: the fleet, the inventory, a snapshot; each with its default. Only looks: what
imports this alone cannot plan or apply anything.
"""

from __future__ import annotations

import datetime
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from novalite.cli.terminal import note, wants_colour
from novalite.errors import NovaliteError, SpecError
from novalite.model.ignore import split_ignores
from novalite.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.model.fleet import Fleet
    from novalite.model.snapshot import Snapshot


EXPIRED = "NV0340"
_FLEETS = ("fleet", "fleet.yml")


class Asked(Protocol):
    """What looking needs to know of what the user said."""

    @property
    def inventory(self) -> tuple[str, ...]:
        """Return the inventories that were given."""

    @property
    def forks(self) -> int:
        """Return how many hosts are asked at the same time."""

    @property
    def snapshot(self) -> str | None:
        """Return the file to read instead of asking hosts."""

    @property
    def quiet(self) -> bool:
        """Tell whether progress is not to be shown."""


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
    for name in _FLEETS:
        if Path(name).exists():
            return Path(name)
    raise NovaliteError("no fleet here: neither ./fleet nor ./fleet.yml", proceed="novalite init .")


def cache_dir() -> Path:
    """Return where things that can be made again are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "novalite"


def has_fleet() -> bool:
    """Tell whether there is a fleet where one is looked for."""
    return any(Path(name).exists() for name in _FLEETS)


def today() -> str:
    """Return the day, 2026-12-31, in UTC: what a fleet says of days means the same wherever it is read."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def load_fleet(given: str | None, *, allow_outside: bool = False) -> Fleet:
    """Return the fleet as it is today; warnings are printed, and which ignores have expired.

    Raises: SpecError with every problem.
    """
    fleet = load_whole_fleet(given, allow_outside=allow_outside)
    expired = split_ignores(fleet.drift_ignores, today())[1]
    if expired:
        from novalite.render.problems import problems_text

        told = [
            Problem(
                EXPIRED,
                f"{ignore.path} of {ignore.instance} is no longer ignored: {ignore.until} is over",
                ignore.where,
                help="mend what differs, or give it a later day",
                severity="warning",
            )
            for ignore in expired
        ]
        note(problems_text(told, colour=wants_colour(sys.stderr), contacted=True))
    return fleet.on_day(today())


def load_whole_fleet(given: str | None, *, allow_outside: bool = False) -> Fleet:
    """Return the fleet as it is written; warnings are printed. Raises: SpecError with every problem."""
    path = fleet_path(given)
    from novalite.spec.load import load_fleet as load

    fleet, problems = load(path, cache_dir=cache_dir(), allow_outside=allow_outside)
    if fleet is None or any(problem.severity == "error" for problem in problems):
        raise SpecError(problems)
    if problems:
        from novalite.render.problems import problems_text

        note(problems_text(problems, colour=wants_colour(sys.stderr)))
    return fleet


def observe(asked: Asked, limit: Sequence[str] | None = None) -> Snapshot:
    """Return what the hosts hold, from a file or by asking them."""
    if asked.snapshot is not None:
        from novalite.observe.file import load_snapshot

        return load_snapshot(Path(asked.snapshot), keep_facts=False)
    from novalite.cli.progress import Progress
    from novalite.observe.collect import observe as ask

    with Progress("observing", quiet=asked.quiet) as progress:
        return ask(inventories(asked.inventory), limit=limit, forks=asked.forks, on_event=progress.take).snapshot
