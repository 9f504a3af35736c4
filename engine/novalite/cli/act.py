# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands share that do one thing to instances and need the words of a fleet: rebuild, resize, rescue."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import click

from novalite.cli import options
from novalite.errors import NovaliteError

if TYPE_CHECKING:
    from novalite.cli.sources import Planning
    from novalite.model.fleet import Fleet
    from novalite.model.observed import ObservedInstance
    from novalite.model.snapshot import Snapshot

F = TypeVar("F", bound=Callable[..., Any])
Noun = TypeVar("Noun")

timeout_option = click.option(
    "--timeout",
    "timeout_s",
    type=click.IntRange(0, 86_400),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long a guest may take to power itself off; 0: its power is taken away at once.",
)
image_option = click.option("--image", metavar="IMAGE", help="An image of the fleet.  [default: the instance's own]")
_FLEET = click.option("--fleet", metavar="PATH", type=click.Path(), help="[default: ./fleet or ./fleet.yml]")


def act_options(function: F) -> F:
    """Add what each of these commands takes."""
    for option in (
        options.json_option,
        options.yes_option,
        options.lock_wait_option,
        timeout_option,
        options.outside_option,
        options.forks_option,
        options.inventory_option,
        _FLEET,
    ):
        function = option(function)
    return function


@attrs.frozen(slots=True)
class Act:
    """What such a command works with."""

    fleet: Fleet
    snapshot: Snapshot
    items: list[ObservedInstance]
    planning: Planning


def begin(
    names: tuple[str, ...],
    *,
    fleet: str | None,
    inventory: tuple[str, ...],
    forks: int,
    allow_outside: bool,
    lock_wait: int,
    as_json: bool,
) -> Act:
    """Read the fleet, ask the hosts, find the instances. Raises: NovaliteError, SpecError, ObserveIncomplete."""
    from novalite.cli.find import find_each
    from novalite.cli.look import load_fleet, observe
    from novalite.cli.sources import Planning

    declared = load_fleet(fleet, allow_outside=allow_outside)
    if declared.secrets:
        from novalite.cli.secret_values import watched

        declared, _ = watched(declared)
    planning = Planning(inventory, forks, allow_outside=allow_outside, quiet=as_json, lock_wait_s=lock_wait)
    snapshot = observe(planning)
    return Act(declared, snapshot, find_each(snapshot, names, declared.project), planning)


def begin_without_fleet(names: tuple[str, ...], *, as_json: bool, **more: Any) -> Act:
    """Ask the hosts and find the instances, where no word of a fleet is needed. Raises: as ``begin``."""
    from novalite.cli.find import find_each
    from novalite.cli.look import observe
    from novalite.cli.sources import Planning
    from novalite.model.fleet import Fleet

    planning = Planning(more["inventory"], more["forks"], quiet=as_json, lock_wait_s=more["lock_wait"])
    snapshot = observe(planning)
    items = find_each(snapshot, names, None)
    return Act(Fleet(items[0].project, {}), snapshot, items, planning)


def find_noun(known: Mapping[str, Noun], kind: str, name: str) -> Noun:
    """Return what the fleet calls so. Raises: NovaliteError with those that are near."""
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(known)) or 'none'}"
    raise NovaliteError(f"the fleet has no {kind} {name!r}: {hint}", proceed="novalite validate")
