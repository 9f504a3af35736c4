# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite snapshot``: copies of an instance's disks, in place or as an image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from novalite.cli import options
from novalite.cli.of_one import fetch, find_one, options_of_one, planning_of
from novalite.errors import NovaliteError

if TYPE_CHECKING:
    from novalite.apply.events import Report


@click.group("snapshot", short_help="Copy an instance's disks: in place, or as an image.")
def command() -> None:
    """Copy an instance's disks: in place, to go back to, or its root disk as an image.

    Copies are whole files of the host: no guest gets slower by them, and deleting one touches no other. Memory,
    NVRAM and TPM are not in them.
    """


def _named(name: str) -> str:
    from novalite.shared import names

    if not names.is_name(name):
        raise NovaliteError(f"{name!r} is no name: a to z, 0 to 9 and -, a letter first", proceed="use another name")
    return name


@command.command("create")
@options_of_one
@click.argument("snapshot")
def create(name: str, snapshot: str, project: str | None, **said: Any) -> int:
    """Copy all disks of the instance NAME, as SNAPSHOT.

    A guest that runs goes on: the copy is what a power cut at that moment would have left.
    """
    from novalite.cli.carry_out import apply_made
    from novalite.plan.snapshot import plan_create

    planning = planning_of(said)
    seen, item = find_one(planning, name, project)
    return apply_made(plan_create(seen, item, _named(snapshot)), planning, yes=said["yes"], as_json=said["as_json"])


@command.command("revert")
@options_of_one
@click.argument("snapshot")
def revert(name: str, snapshot: str, project: str | None, **said: Any) -> int:
    """Put the disks of the instance NAME back as they were in SNAPSHOT; what they hold now is lost.

    A guest that runs has its power taken away, and is started again. The snapshot stays.
    """
    from novalite.cli.carry_out import apply_made
    from novalite.plan.snapshot import plan_revert

    planning = planning_of(said)
    seen, item = find_one(planning, name, project)
    return apply_made(plan_revert(seen, item, _named(snapshot)), planning, yes=said["yes"], as_json=said["as_json"])


@command.command("delete")
@options_of_one
@click.argument("snapshot")
def delete(name: str, snapshot: str, project: str | None, **said: Any) -> int:
    """Remove SNAPSHOT of the instance NAME; its disks, and snapshots made after it, stay as they are."""
    from novalite.cli.carry_out import apply_made
    from novalite.plan.snapshot import plan_delete

    planning = planning_of(said)
    seen, item = find_one(planning, name, project)
    return apply_made(plan_delete(seen, item, _named(snapshot)), planning, yes=said["yes"], as_json=said["as_json"])


@command.command("list")
@click.argument("name")
@options.inventory_option
@options.snapshot_option
@options.forks_option
@click.option("--project", metavar="NAME", help="Of this project.")
@options.json_option
def list_them(
    name: str, inventory: tuple[str, ...], snapshot: str | None, forks: int, project: str | None, as_json: bool
) -> int:
    """List the snapshots of the instance NAME, each below the one before it; * is where its disks come from."""
    from novalite.cli.find import find_instances
    from novalite.cli.look import observe
    from novalite.cli.sources import Planning
    from novalite.cli.terminal import show_json, show_table
    from novalite.render.snapshots import snapshots_document, snapshots_table

    (item, *_) = find_instances(observe(Planning(inventory, forks, snapshot, quiet=as_json)), name, project)
    if as_json:
        show_json(snapshots_document(item))
    else:
        show_table(snapshots_table(item))
    return 0


@command.command("image")
@options_of_one
@click.argument("image")
@click.option(
    "-o", "folder", type=click.Path(file_okay=False), metavar="FOLDER", help="Bring it here: FOLDER/IMAGE.qcow2."
)
def image(name: str, image: str, project: str | None, folder: str | None, **said: Any) -> int:
    """Make an image of the root disk of the instance NAME, and print the lines that declare it as IMAGE.

    It stays on the instance's host, among its images; a fleet needs it on this machine (-o).
    """
    from novalite.cli.carry_out import apply_made
    from novalite.plan.snapshot import plan_image
    from novalite.render.snapshots import image_lines

    planning = planning_of(said)
    seen, item = find_one(planning, name, project)
    plan = plan_image(seen, item, _named(image))

    def then(report: Report) -> None:
        told = report.steps[0].told
        target = Path(folder or ".", f"{image}.qcow2")
        if folder is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            fetch(planning.inventory, item.host, f"images/{told['sha256']}.qcow2", target)
        if not said["as_json"]:
            for line in image_lines(item, image, str(target), told, is_here=folder is not None):
                click.echo(line)

    return apply_made(plan, planning, yes=said["yes"], as_json=said["as_json"], then=then)
