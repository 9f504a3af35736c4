# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite plan``: what would change, and why; nothing is changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from novalite.cli import options
from novalite.cli.rebalance import rebalance_options
from novalite.cli.what_if import what_if_options

if TYPE_CHECKING:
    from novalite.model.plan import Plan


@click.command("plan", context_settings=options.WIDE, short_help="Show what would change.")
@options.fleet_argument
@options.planning_options
@options.max_down_option
@options.max_disruption_option
@options.settle_option
@options.purge_option
@options.snapshot_option
@click.option("-o", "--output", metavar="FILE", type=click.Path(), help="Write the plan, for 'novalite apply FILE'.")
@click.option("--destroy", is_flag=True, help="Plan to delete every instance of the project.")
@click.option("--explain", is_flag=True, help="Put why each instance goes where it goes into --json and -o FILE.")
@rebalance_options
@what_if_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where there are changes.")
@options.markdown_option
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
    assume_empty: tuple[str, ...],
    allow_outside: bool,
    snapshot: str | None,
    output: str | None,
    destroy: bool,
    explain: bool,
    rebalance: bool,
    max_moves: int,
    min_gain: float,
    without: tuple[str, ...],
    without_zone: tuple[str, ...],
    add: int | None,
    like: str | None,
    detailed_exitcode: bool,
    as_markdown: bool,
    as_json: bool,
) -> int:
    """Show what would change to make FLEET (default: ./fleet or ./fleet.yml) true. Nothing is changed.

    With --without, --without-zone or --add the plan is for hosts as they are not: it is shown, never applied.
    With --rebalance it is the moves of what exists that pay: they are shown, not carried out.
    """
    from novalite.cli.drawing import show_plan
    from novalite.cli.rebalance import refuse_beside, show_rebalance
    from novalite.cli.sources import Planning, make_plan
    from novalite.cli.terminal import apply_line
    from novalite.cli.what_if import change_said

    quiet = as_json or as_markdown
    how: dict[str, Any] = {"max_down": max_down, "max_disruption": max_disruption, "settle": settle, "purge": purge}
    planning = Planning(inventory, forks, snapshot, max_destroy, assume_empty, allow_outside, quiet, **how)
    change = change_said(without, without_zone, add, like)
    if rebalance:
        refuse_beside(output=output, destroy=destroy, explain=explain, markdown=as_markdown, without=change)
        return show_rebalance(fleet, planning, max_moves=max_moves, min_gain=min_gain, detailed=detailed_exitcode)
    plan = make_plan(fleet, planning, destroy=destroy, explain=explain, change=change)
    from novalite.cli.plan_files import dump_plan, stored

    made = stored(plan)
    if output is not None:
        dump_plan(made.content, Path(output))
    show_plan(made, as_json=as_json, as_markdown=as_markdown, apply_line=apply_line(output, inventory))
    return _status(plan, detailed_exitcode, quiet)


def _status(plan: Plan, detailed: bool, quiet: bool) -> int:
    """Return the exit status of a plan that was shown."""
    from novalite.cli.sources import unknown_hosts
    from novalite.cli.terminal import UNKNOWN_HELP, note

    if any(problem.severity == "error" for problem in plan.problems):
        return 3
    if unknown_hosts(plan):
        if not quiet:
            note(UNKNOWN_HELP)
        return 6
    return 2 if detailed and not (plan.is_empty and not plan.what_if) else 0
