# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite observe``: ask the hosts what they hold."""

from __future__ import annotations

from pathlib import Path

import click

from novalite.cli import options


@click.command("observe", short_help="Ask the hosts what they hold.")
@options.inventory_option
@options.forks_option
@click.option("-o", "--output", metavar="FILE", type=click.Path(), help="Write the snapshot, for 'plan --snapshot'.")
@options.json_option
def command(inventory: tuple[str, ...], forks: int, output: str | None, as_json: bool) -> int:
    """Ask the hosts of the inventory what they hold. With -o or --json the result is a snapshot."""
    from novalite.cli.look import observe
    from novalite.cli.sources import Planning
    from novalite.cli.terminal import note, show_table
    from novalite.observe.file import dump_snapshot, snapshot_to_json
    from novalite.render.hosts import hosts_table

    snapshot = observe(Planning(inventory, forks, quiet=as_json))
    if output is not None:
        dump_snapshot(snapshot, Path(output))
    if as_json:
        click.echo(snapshot_to_json(snapshot), nl=False)
    else:
        show_table(hosts_table(snapshot))
        if output is not None:
            note(f"written to {output}")
    return 6 if snapshot.unknown else 0
