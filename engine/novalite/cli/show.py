# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite show``: a plan file, as ``plan`` would show it."""

from __future__ import annotations

from pathlib import Path

import click

from novalite.cli import options


@click.command("show", short_help="Show a plan file.")
@click.argument("plan", type=click.Path())
@options.json_option
def command(plan: str, as_json: bool) -> int:
    """Show the plan in the file PLAN; its digest is verified."""
    from novalite.cli.drawing import show_plan
    from novalite.plan.file import load_plan

    loaded = load_plan(Path(plan))
    show_plan(loaded, as_json=as_json, stored=plan)
    return 0
