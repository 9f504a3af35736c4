# SPDX-License-Identifier: GPL-3.0-or-later
"""How commands show plans, unknown hosts and reports: they choose the drawing, ``render`` draws."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from novalite.cli.console import note, show_json, show_table, wants_colour

if TYPE_CHECKING:
    from novalite.apply.events import Report
    from novalite.model.plan import Plan


def show_plan(plan: Plan, *, as_json: bool, stored: str | None = None) -> None:
    """Print a plan; ``stored`` is the file it is in, for the line that says what to do next."""
    if as_json:
        from novalite.plan.file import plan_to_json

        click.echo(plan_to_json(plan), nl=False)
        return
    from novalite.render.text import plan_text

    click.echo(plan_text(plan, colour=wants_colour(sys.stdout)).rstrip("\n"))
    if stored is not None and not plan.is_errored and not plan.is_empty:
        note(f"to apply exactly this: novalite apply {stored}")


def note_unknown(unknown: Mapping[str, str]) -> None:
    """Say which hosts did not tell, and why, on stderr."""
    for host, reason in unknown.items():
        note(f"unknown: {host}: {reason}")


def show_report(report: Report) -> None:
    """Print how an apply ended: one line a host that did not end well, then counts."""
    from novalite.render.report import report_lines, steps_of_interest

    table = steps_of_interest(report)
    if table is not None:
        show_table(table)
    for line in report_lines(report):
        click.echo(line)
