# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite destroy``: delete every instance of a fleet's project."""

from __future__ import annotations

import click

from novalite.cli import options


@click.command("destroy", short_help="Move every instance of a fleet's project into the trash.")
@options.fleet_argument
@options.planning_options
@options.purge_option
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
    purge: bool,
    lock_wait: int,
    yes: bool,
    as_json: bool,
) -> int:
    """Move every instance of the project of FLEET (default: ./fleet or ./fleet.yml) into the trash of its host.

    'novalite restore NAME' brings one back, until its deadline. With --purge they are deleted with their disks, and the
    trash of the project is emptied. Of instances declared with "on_delete: keep" the disks are kept in any case.
    Protected instances are kept: take "protect" out of the fleet and apply that first.
    """
    from novalite.cli.carry_out import apply_fleet
    from novalite.cli.sources import Planning

    planning = Planning(
        inventory, forks, None, max_destroy, assume_empty, allow_outside, as_json, lock_wait, purge=purge
    )
    return apply_fleet(fleet, planning, yes=yes, as_json=as_json, destroy=True)
