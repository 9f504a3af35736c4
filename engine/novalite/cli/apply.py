# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite apply``: make a fleet, or a reviewed plan, true."""

from __future__ import annotations

from pathlib import Path

import click

from novalite.cli import options


@click.command("apply", context_settings=options.WIDE, short_help="Make a fleet, or a reviewed plan, true.")
@click.argument("fleet", required=False, metavar="[FLEET | PLAN.json]", type=click.Path())
@options.planning_options
@options.max_down_option
@options.max_disruption_option
@options.settle_option
@options.purge_option
@options.vault_password_option
@options.lock_wait_option
@options.yes_option
@options.json_option
def command(
    fleet: str | None,
    inventory: tuple[str, ...],
    forks: int,
    max_destroy: int | None,
    max_down: int | None,
    max_disruption: str,
    settle: bool,
    purge: bool,
    vault_password_file: str | None,
    assume_empty: tuple[str, ...],
    allow_outside: bool,
    lock_wait: int,
    yes: bool,
    as_json: bool,
) -> int:
    """Make FLEET (default: ./fleet or ./fleet.yml) true, or do what the file PLAN.json says.

    The plan is shown and a terminal is asked, unless --yes. A plan file does exactly what was reviewed,
    once; it is refused where what it relied on is no longer so.

    Ctrl-C once finishes what is in flight; twice stops waiting. Running it again resumes.
    """
    from novalite.cli.carry_out import apply_fleet, apply_plan_file
    from novalite.cli.sources import Planning

    if vault_password_file is not None:
        from novalite.cli.secret_values import use_password_file

        use_password_file(Path(vault_password_file))
    planning = Planning(
        inventory,
        forks,
        None,
        max_destroy,
        assume_empty,
        allow_outside,
        as_json,
        lock_wait,
        max_down=max_down,
        max_disruption=max_disruption,
        settle=settle,
        purge=purge,
    )
    if fleet is not None and fleet.endswith(".json") and not Path(fleet).is_dir():
        return apply_plan_file(Path(fleet), planning, yes=yes, as_json=as_json)
    return apply_fleet(fleet, planning, yes=yes, as_json=as_json)
