# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite drift``: what differs from what was applied. It cannot change anything: nothing that it imports can, and a
test holds that.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import attrs
import click

from novalite.cli import options

if TYPE_CHECKING:
    from novalite.model.drift import Drift
    from novalite.model.fleet import Fleet
    from novalite.model.ignore import Ignore


@attrs.frozen(slots=True)
class Looking:
    """What the user said about how to look."""

    inventory: tuple[str, ...]
    forks: int
    snapshot: str | None
    quiet: bool


@click.command("drift", short_help="Show what differs from what was applied; it cannot change anything.")
@options.fleet_argument
@options.inventory_option
@options.snapshot_option
@options.forks_option
@options.outside_option
@click.option(
    "--ignore",
    multiple=True,
    metavar="PATH[:INSTANCE]",
    help="Do not count these differences; * and ? are patterns. Repeatable.",
)
@click.option("--all", "everything", is_flag=True, help="Show what is ignored too.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where there are host changes or fleet changes.")
@options.json_option
def command(
    fleet: str | None,
    inventory: tuple[str, ...],
    snapshot: str | None,
    forks: int,
    allow_outside: bool,
    ignore: tuple[str, ...],
    everything: bool,
    detailed_exitcode: bool,
    as_json: bool,
) -> int:
    """Show what differs, told apart: what somebody changed on the hosts, what FLEET (default: ./fleet or ./fleet.yml)
    says otherwise than what was applied, what waits for a restart, and what is unknown.

    Without a fleet, host changes only, of every project. Nothing is changed, whatever is found.
    """
    from novalite.cli.look import observe, today
    from novalite.cli.terminal import show_json
    from novalite.diff.drift import find_drift
    from novalite.model.ignore import split_ignores
    from novalite.render.drift import drift_document

    said = tuple(_ignore(text) for text in ignore)
    declared = _fleet(fleet, allow_outside=allow_outside)
    day = today()
    expired = split_ignores(declared.drift_ignores, day)[1] if declared is not None else ()
    seen = observe(Looking(inventory, forks, snapshot, as_json))
    compared = declared.on_day(day) if declared is not None else None
    found = find_drift(seen, compared, ignores=said, expired=expired)
    if as_json:
        show_json(drift_document(found))
    else:
        _show(found, everything=everything)
    if found.unknown:
        return 6
    return 2 if detailed_exitcode and found.differs else 0


def _fleet(given: str | None, *, allow_outside: bool) -> Fleet | None:
    """Return the fleet, ignores that expired and all; None where none is named and none is here."""
    from novalite.cli.look import has_fleet, load_whole_fleet

    return load_whole_fleet(given, allow_outside=allow_outside) if given is not None or has_fleet() else None


def _ignore(text: str) -> Ignore:
    """Return what an option ignores. Raises: click.BadParameter for what can match nothing."""
    from novalite.model.ignore import ANYTHING, ROOTS, Ignore, could_match

    path, colon, instance = text.rpartition(":")
    ignore = Ignore(path, "--ignore", instance or ANYTHING) if colon else Ignore(text, "--ignore")
    if not could_match(ignore.path):
        raise click.BadParameter(f"{text!r}: paths begin with {', '.join(ROOTS)}", param_hint="--ignore")
    return ignore


def _show(found: Drift, *, everything: bool) -> None:
    from novalite.cli.terminal import rich_console, wants_colour
    from novalite.render.drift import drift_text

    colour = wants_colour(sys.stdout)
    text = drift_text(found, everything=everything, colour=colour)
    if colour:
        rich_console(sys.stdout).print(text.rstrip("\n"), soft_wrap=True)
    else:
        click.echo(text, nl=False)
