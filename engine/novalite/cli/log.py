# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite log``: what a guest said on its serial port."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from novalite.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TICK_S = 1.0


@click.command("log", short_help="Show what a guest said on its serial port.")
@click.argument("name")
@options.inventory_option
@options.forks_option
@click.option("--project", metavar="NAME", help="Of this project, where several have one of that name.")
@click.option("--lines", type=click.IntRange(1), metavar="N", help="The last N lines.  [default: all, up to 256 KiB]")
@click.option("--follow", is_flag=True, help="Go on showing what it says, until Ctrl-C.")
@click.option("--previous", is_flag=True, help="What it said before it was started the last time.")
@options.json_option
def command(
    name: str,
    inventory: tuple[str, ...],
    forks: int,
    project: str | None,
    lines: int | None,
    follow: bool,
    previous: bool,
    as_json: bool,
) -> int:
    """Show what the instance NAME (or project.name, or its UUID) said on its first serial port.

    Nothing is changed, and no running apply is waited for.
    """
    from novalite.cli.console_text import inert
    from novalite.cli.look import inventories
    from novalite.observe.one import ask_one

    if follow and (previous or as_json):
        raise click.UsageError("--follow goes neither with --previous nor with --json")

    def ask(**more: Any) -> tuple[str, Mapping[str, Any]]:
        answer = ask_one("console_log", inventories(inventory), name, project=project, forks=forks, **more)
        return answer.host, answer.said

    host, said = ask(lines=lines or 0, previous=previous)
    if as_json:
        from novalite.cli.terminal import show_json

        show_json({"format": "novalite.log/1", "host": host, **said})
        return 0
    click.echo(inert(said["text"]), nl=False)
    return _follow(ask, host, said) if follow else 0


def _follow(ask: Callable[..., tuple[str, Mapping[str, Any]]], host: str, said: Mapping[str, Any]) -> int:
    """Ask again and again for what is new; the same playbook, so that it works wherever Ansible reaches the host."""
    from novalite.cli.console_text import inert
    from novalite.cli.terminal import note

    while True:
        time.sleep(_TICK_S)
        before = said
        _, said = ask(host=host, run=before["run"], end=before["end"])
        if before["run"] and (said["run"] != before["run"] or said["end"] < before["end"]):
            note("(the log begins anew: it was started again)")
        click.echo(inert(said["text"]), nl=False)
