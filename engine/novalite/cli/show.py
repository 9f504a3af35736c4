# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite show``: a plan file, as ``plan`` would show it."""

from __future__ import annotations

from pathlib import Path

import click

from novalite.cli import options


@click.command("show", short_help="Show a plan file.")
@click.argument("plan", type=click.Path())
@options.markdown_option
@options.json_option
def command(plan: str, as_markdown: bool, as_json: bool) -> int:
    """Show the plan in the file PLAN; its digest is verified."""
    from novalite.cli.drawing import show_plan
    from novalite.cli.plan_files import load_plan
    from novalite.cli.terminal import apply_line

    show_plan(load_plan(Path(plan)), as_json=as_json, as_markdown=as_markdown, apply_line=apply_line(plan))
    return 0
