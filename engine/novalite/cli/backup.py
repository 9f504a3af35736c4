# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite backup``: one more backup of a root disk, and the oldest gone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from novalite.cli.of_one import fetch, find_one, options_of_one, planning_of

if TYPE_CHECKING:
    from novalite.apply.events import Report


@click.command("backup", short_help="Back a root disk up on its host, and keep the newest N.")
@options_of_one
@click.option("--keep", type=click.IntRange(1), required=True, metavar="N", help="How many backups stay.")
@click.option("--fetch", "target", type=click.Path(), metavar="FILE", help="Bring the new one here as well.")
def command(name: str, project: str | None, keep: int, target: str | None, **said: Any) -> int:
    """Copy the whole root disk of the instance NAME to its backups on the host; the oldest beyond N are removed.

    The plan names them. A guest that runs goes on. Backups outlive the instance.
    """
    from novalite.cli.carry_out import apply_made
    from novalite.plan.snapshot import plan_backup

    planning = planning_of(said)
    seen, item = find_one(planning, name, project)

    def then(report: Report) -> None:
        made = report.steps[0].told
        if not said["as_json"]:
            click.echo(f"{item.host}:{made['path']} ({made['size_bytes']} bytes)")
        if target is not None:
            fetch(planning.inventory, item.host, f"backups/{item.uuid}/{Path(str(made['path'])).name}", Path(target))

    return apply_made(plan_backup(seen, item, keep), planning, yes=said["yes"], as_json=said["as_json"], then=then)
