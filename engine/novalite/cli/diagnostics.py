# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite diagnostics``: how a guest is doing."""

from __future__ import annotations

import click

from novalite.cli import options


@click.command("diagnostics", short_help="Show QEMU's counters of a guest, and what its agent tells.")
@click.argument("name")
@options.inventory_option
@options.forks_option
@click.option("--project", metavar="NAME", help="Of this project, where several have one of that name.")
@options.json_option
def command(name: str, inventory: tuple[str, ...], forks: int, project: str | None, as_json: bool) -> int:
    """Show how the instance NAME (or project.name, or its UUID) is doing.

    QEMU's counters come by the names of Nova's server diagnostics; hostname, users, file systems and interfaces
    from the guest agent, where one answers in time. Nothing is changed, and no running apply is waited for.
    """
    from novalite.cli.look import inventories
    from novalite.cli.terminal import show_json, show_table
    from novalite.observe.one import ask_one
    from novalite.render.diagnostics import diagnostics_table

    answer = ask_one("diagnostics", inventories(inventory), name, project=project, forks=forks)
    if as_json:
        show_json({"format": "novalite.diagnostics/1", "host": answer.host, **answer.said})
    else:
        show_table(diagnostics_table(answer.host, answer.said))
    return 0
