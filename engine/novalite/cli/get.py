# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite get``: everything known of one instance."""

from __future__ import annotations

import click

from novalite.cli import options


@click.command("get", short_help="Show everything known of one instance.")
@click.argument("name")
@options.inventory_option
@options.snapshot_option
@options.forks_option
@click.option("--project", metavar="NAME", help="Of this project, where several have one of that name.")
@options.json_option
def command(
    name: str, inventory: tuple[str, ...], snapshot: str | None, forks: int, project: str | None, as_json: bool
) -> int:
    """Show everything the hosts say of the instance NAME (or project.name, or its UUID)."""
    from novalite.cli.find import find_instances
    from novalite.cli.look import observe
    from novalite.cli.sources import Planning
    from novalite.cli.terminal import show_json, show_table
    from novalite.render.instances import instance_document, instance_table

    seen = observe(Planning(inventory, forks, snapshot, quiet=as_json))
    found = find_instances(seen, name, project)
    if as_json:
        documents = [instance_document(instance, whole=True) for instance in found]
        show_json({"format": "novalite.instance/1", "instances": documents})
    else:
        for instance in found:  # more than one: two domains claim to be it
            show_table(instance_table(instance))
    return 0
