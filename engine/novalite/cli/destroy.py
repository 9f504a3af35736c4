# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite destroy``: delete every instance of a fleet's project."""

from __future__ import annotations

import click

from novalite.cli import options


@click.command("destroy", short_help="Delete every instance of a fleet's project.")
@options.fleet_argument
@options.planning_options
@options.lock_wait_option
@options.yes_option
@options.json_option
def command(
    fleet: str | None,
    inventory: tuple[str, ...],
    forks: int,
    max_destroy: int | None,
    assume_empty: tuple[str, ...],
    allow_outside: bool,
    lock_wait: int,
    yes: bool,
    as_json: bool,
) -> int:
    """Delete every instance of the project of FLEET (default: ./fleet or ./fleet.yml), with its disks.

    Protected instances are kept: take "protect" out of the fleet and apply that first.
    """
    from novalite.cli.carry_out import apply_fleet
    from novalite.cli.sources import Planning

    planning = Planning(inventory, forks, None, max_destroy, assume_empty, allow_outside, as_json, lock_wait)
    return apply_fleet(fleet, planning, yes=yes, as_json=as_json, destroy=True)
