# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite status``: hosts, instances, drift, what is unknown."""

from __future__ import annotations

import click

from novalite.cli import options


@click.command("status", short_help="Show hosts, instances, drift and what is unknown.")
@options.inventory_option
@options.snapshot_option
@options.forks_option
@options.json_option
def command(inventory: tuple[str, ...], snapshot: str | None, forks: int, as_json: bool) -> int:
    """Show how things are: hosts and their use, instances by power state, drift, and what is unknown."""
    from novalite.cli.look import observe
    from novalite.cli.sources import Planning
    from novalite.cli.terminal import show_json, show_table
    from novalite.render.hosts import hosts_table
    from novalite.render.status import status_document, status_lines

    seen = observe(Planning(inventory, forks, snapshot, quiet=as_json))
    if as_json:
        show_json(status_document(seen))
    else:
        show_table(hosts_table(seen))
        for line in status_lines(seen):
            click.echo(line)
    return 6 if seen.unknown else 0
