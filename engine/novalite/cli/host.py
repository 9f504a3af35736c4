# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite host``: look at hosts."""

from __future__ import annotations

import click

from novalite.cli import options


@click.group("host", short_help="Look at hosts.")
def command() -> None:
    """Look at hosts."""


@command.command("list")
@options.inventory_option
@options.snapshot_option
@options.forks_option
@options.json_option
def list_hosts(inventory: tuple[str, ...], snapshot: str | None, forks: int, as_json: bool) -> int:
    """List hosts with zone, capacity and use; the unknown ones with the reason."""
    from novalite.cli.look import observe
    from novalite.cli.sources import Planning
    from novalite.cli.terminal import show_json, show_table
    from novalite.render.hosts import hosts_document, hosts_table

    seen = observe(Planning(inventory, forks, snapshot, quiet=as_json))
    if as_json:
        show_json(hosts_document(seen))
    else:
        show_table(hosts_table(seen))
    return 6 if seen.unknown else 0
