# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite dump``: a guest's memory in a file of its host."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from novalite.cli.of_one import fetch, find_one, options_of_one, planning_of

if TYPE_CHECKING:
    from novalite.apply.events import Report


@click.command("dump", short_help="Write a guest's memory to a file of its host.")
@options_of_one
@click.option("--elf", "as_elf", is_flag=True, help="As an ELF core, uncompressed, for gdb; else kdump, for crash.")
@click.option("--fetch", "target", type=click.Path(), metavar="FILE", help="Bring it here as well.")
def command(name: str, project: str | None, as_elf: bool, target: str | None, **said: Any) -> int:
    """Write the memory of the instance NAME to a file of its folder on the host (0600), numbered.

    The guest stands still while that lasts, and goes on. The file is listed by 'novalite get', and goes when the
    instance is deleted.
    """
    from novalite.cli.carry_out import apply_made
    from novalite.plan.guest import plan_dump

    planning = planning_of(said)
    seen, item = find_one(planning, name, project)

    def then(report: Report) -> None:
        made = report.steps[0].told
        if not said["as_json"]:
            click.echo(f"{item.host}:{made['path']} ({made['size_bytes']} bytes)")
        if target is not None:
            fetch(planning.inventory, item.host, f"instances/{item.uuid}/{Path(str(made['path'])).name}", Path(target))

    plan = plan_dump(seen, item, as_elf=as_elf)
    return apply_made(plan, planning, yes=said["yes"], as_json=said["as_json"], then=then)
