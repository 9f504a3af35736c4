# SPDX-License-Identifier: GPL-3.0-or-later
"""How commands show plans, unknown hosts and reports: they choose the drawing, ``render`` draws."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from novalite.cli.terminal import note, rich_console, show_table, wants_colour

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.apply.events import Report
    from novalite.cli.plan_files import StoredPlan


_SHOWN_PROBLEMS = 10


def show_plan(
    stored: StoredPlan, *, as_json: bool = False, as_markdown: bool = False, apply_line: str | None = None
) -> None:
    """Print a plan; ``apply_line`` is the command that applies it, for one that is in a file."""
    if as_json:
        click.echo(stored.content.decode("utf-8"), nl=False)
        return
    plan = stored.plan
    if as_markdown:
        from novalite.render.markdown import plan_markdown

        click.echo(plan_markdown(plan), nl=False)
        return
    from novalite.render.text import plan_text

    show_text(plan_text(plan, colour=wants_colour(sys.stdout)))
    problems = sorted(plan.problems, key=lambda problem: problem.severity != "error")
    if problems:
        from novalite.render.problems import problems_text

        shown = problems[:_SHOWN_PROBLEMS]
        note(problems_text(shown, colour=wants_colour(sys.stderr), contacted=True).rstrip("\n"))
        if len(problems) > len(shown):
            note(f"and {len(problems) - len(shown)} more problems; --json shows all")
    if apply_line is not None and not (plan.is_empty or plan.is_errored):
        note(f"to apply exactly this: {apply_line}")


def show_text(text: str) -> None:
    """Print text; where colours are wanted it is rich markup."""
    if wants_colour(sys.stdout):
        rich_console(sys.stdout).print(text.rstrip("\n"), soft_wrap=True)
    else:
        click.echo(text.rstrip("\n"))


def note_unknown(unknown: Mapping[str, str]) -> None:
    """Say which hosts did not tell, and why, on stderr."""
    for host, reason in unknown.items():
        note(f"unknown: {host}: {reason}")


def show_report(report: Report) -> None:
    """Print how an apply ended: the steps that were not done, then counts."""
    from novalite.render.report import report_lines, steps_of_interest

    table = steps_of_interest(report)
    if table is not None:
        show_table(table)
    for line in report_lines(report):
        click.echo(line)
