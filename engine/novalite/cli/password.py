# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite password``: set a password in a guest, by its agent."""

from __future__ import annotations

import sys
from typing import Any

import click

from novalite.cli.of_one import find_one, options_of_one, planning_of
from novalite.errors import NovaliteError, PlanErrored


@click.command("password", short_help="Set a user's password in a guest, by its agent.")
@options_of_one
@click.option("--user", default="root", show_default=True, metavar="NAME", help="Whose password.")
def command(name: str, project: str | None, user: str, **said: Any) -> int:
    """Set the password of a user in the instance NAME; its guest agent does it.

    It is asked for, or is the first line of standard input (then with --yes). It is never an argument, and is in no
    plan, history, journal or log: it travels in memory to the task of its host alone.
    """
    from novalite.cli.carry_out import apply_made
    from novalite.plan.guest import plan_password

    planning = planning_of(said)
    seen, item = find_one(planning, name, project)
    plan = plan_password(seen, item, user)
    if plan.is_errored:
        raise PlanErrored(plan.problems[0].summary, proceed=plan.problems[0].help)
    passwords = {step.id: {"password": _password(name)} for wave in plan.waves for step in wave}
    return apply_made(plan, planning, yes=said["yes"], as_json=said["as_json"], passwords=passwords)


def _password(name: str) -> str:
    """Return what was typed twice, or the first line of what was piped in. Raises: NovaliteError for nothing."""
    if sys.stdin.isatty():
        return str(click.prompt("New password", hide_input=True, confirmation_prompt=True, err=True))
    found = sys.stdin.readline().rstrip("\r\n")
    if not found:
        raise NovaliteError("no password: standard input is empty", proceed=f"novalite password {name}")
    return found
