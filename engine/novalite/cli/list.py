# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite list``: the instances on the hosts."""

from __future__ import annotations

import click

from novalite.cli import options


@click.command("list", short_help="List the instances on the hosts.")
@options.inventory_option
@options.snapshot_option
@options.forks_option
@click.option("--project", metavar="NAME", help="Only this project's.")
@click.option("--host", metavar="HOST", help="Only those on this host.")
@click.option("--all", "with_trash", is_flag=True, help="Those in the trash too.")
@options.json_option
def command(
    inventory: tuple[str, ...],
    snapshot: str | None,
    forks: int,
    project: str | None,
    host: str | None,
    with_trash: bool,
    as_json: bool,
) -> int:
    """List the instances that the hosts hold, of every project, as the hosts say."""
    from novalite.cli.drawing import note_unknown
    from novalite.cli.look import observe
    from novalite.cli.sources import Planning
    from novalite.cli.terminal import show_json, show_table
    from novalite.render.instances import instance_document, instances_table

    seen = observe(Planning(inventory, forks, snapshot, quiet=as_json))
    instances = [
        instance
        for instance in (*seen.instances(), *(aside.item for aside in seen.shelf() if with_trash or not aside.is_trash))
        if project in (None, instance.project) and host in (None, instance.host)
    ]
    unknown = {name: lost.reason for name, lost in seen.unknown.items()}
    if as_json:
        rows = [instance_document(instance) for instance in instances]
        show_json({"format": "novalite.instances/1", "instances": rows, "unknown": unknown})
    else:
        show_table(instances_table(instances))
        note_unknown(unknown)
    return 6 if unknown else 0
