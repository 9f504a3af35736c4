# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite history``: what was applied, by whom, how it ended."""

from __future__ import annotations

import os
import sqlite3

import click

from novalite.cli import options


@click.command("history", short_help="Show what was applied, by whom, and how it ended.")
@click.argument("number", type=int, required=False)
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="How many, newest first.")
@options.json_option
def command(number: int | None, limit: int, as_json: bool) -> int:
    """Show what was applied from this machine, newest first; with NUMBER the steps of one apply."""
    import attrs

    from novalite.apply.history import History, history_path
    from novalite.cli.terminal import note, show_json, show_table
    from novalite.render.history import history_table, steps_table

    history = History(history_path(os.environ))
    try:
        entries = history.entries(limit if number is None else 1_000_000)
        steps = history.steps(number) if number is not None else []
    except (sqlite3.Error, OSError) as error:
        note(f"warning: the history cannot be read: {history.path}: {error}")
        note("  hosts are the truth; to proceed: novalite status")
        return 1
    if number is not None:
        entries = [entry for entry in entries if entry.id == number]
    if as_json:
        documents = [attrs.asdict(entry) for entry in entries]
        show_json({"format": "novalite.history/1", "applies": documents, "steps": steps})
    elif number is not None:
        show_table(steps_table(steps))
    elif entries:
        show_table(history_table(entries))
    else:
        note("nothing was applied from this machine yet")
    return 0
