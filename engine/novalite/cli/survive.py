# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite survive``: prove or refute what the fleet declares to outlive."""

from __future__ import annotations

import sys

import click

from novalite.cli import options
from novalite.cli.what_if import what_if_options
from novalite.errors import NovaliteError


@click.command("survive", short_help="Prove or refute what the fleet declares to survive.")
@options.fleet_argument
@options.inventory_option
@options.forks_option
@options.snapshot_option
@options.outside_option
@what_if_options
@options.json_option
def command(
    fleet: str | None,
    inventory: tuple[str, ...],
    forks: int,
    snapshot: str | None,
    allow_outside: bool,
    without: tuple[str, ...],
    without_zone: tuple[str, ...],
    add: int | None,
    like: str | None,
    as_json: bool,
) -> int:
    """Prove or refute each goal under survive: of FLEET (default: ./fleet or ./fleet.yml), for the hosts as they are.

    Every loss that a goal speaks of is tried: the instances that lived there must all find a place on the rest
    at once, by every rule. A refuted goal names the loss, and the fewest instances that have no place together.
    Exit status 3 unless all are proven, 6 where hosts are unknown.
    """
    from novalite.cli.drawing import show_text
    from novalite.cli.look import load_fleet, observe
    from novalite.cli.sources import Planning
    from novalite.cli.terminal import show_json, wants_colour
    from novalite.cli.what_if import change_said, imagined
    from novalite.model.survival import PROVEN
    from novalite.plan.ask import ask_survival, standing
    from novalite.render.survive import survival_document, survival_text

    change = change_said(without, without_zone, add, like)
    declared = load_fleet(fleet, allow_outside=allow_outside)
    if not declared.goals:
        line = "survive: [{of: host}]"
        raise NovaliteError("the fleet declares nothing to survive", proceed=f"add {line} to the fleet")
    thought = imagined(declared, observe(Planning(inventory, forks, snapshot, quiet=as_json)), change)
    now = standing(thought.fleet, thought.snapshot, thought.homes)
    verdicts = ask_survival(thought.fleet, thought.snapshot, now)
    if as_json:
        show_json(survival_document(verdicts, thought.said))
    else:
        show_text(survival_text(verdicts, thought.said, colour=wants_colour(sys.stdout)))
    if thought.snapshot.unknown:
        return 6
    return 0 if all(verdict.state == PROVEN for verdict in verdicts) else 3
