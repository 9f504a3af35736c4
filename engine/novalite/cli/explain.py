# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite explain``: why an instance goes where it goes, or what an error id means."""

from __future__ import annotations

import re
import sys

import click

from novalite.cli import options
from novalite.errors import NovaliteError, ObserveIncomplete


@click.command("explain", short_help="Say why an instance goes where it goes, or what an error id means.")
@click.argument("what", metavar="INSTANCE|NVxxxx")
@options.fleet_argument
@options.planning_options
@options.snapshot_option
@click.option("--all-hosts", is_flag=True, help="Show every host, however many there are.")
@options.json_option
def command(
    what: str,
    fleet: str | None,
    inventory: tuple[str, ...],
    forks: int,
    max_destroy: int | None,
    assume_empty: tuple[str, ...],
    allow_outside: bool,
    snapshot: str | None,
    all_hosts: bool,
    as_json: bool,
) -> int:
    """Say why an instance goes where it goes: every host, every filter, the numbers, the weights; and where no
    host passes, the smallest change by which one would.

    Or say what an error id such as NV0012 means, and what to do about it.
    """
    from novalite.cli.drawing import show_text
    from novalite.cli.terminal import show_json, wants_colour

    if re.fullmatch(r"(?i)nv[0-9]{4}", what):
        return _explain_id(what.upper(), as_json)
    from novalite.cli.look import load_fleet, observe
    from novalite.cli.sources import Planning, require_solver

    declared = load_fleet(fleet, allow_outside=allow_outside)
    if what not in declared.instances:
        import difflib

        near = difflib.get_close_matches(what, declared.instances, n=1)
        raise NovaliteError(
            f"the fleet has no instance {what!r}",
            proceed=f"novalite explain {near[0]}" if near else "novalite validate",
        )
    planning = Planning(inventory, forks, snapshot, max_destroy, assume_empty, allow_outside, as_json)
    from novalite.plan.build import explain_instance

    require_solver(declared)
    snapshot_seen = observe(planning)
    explanation = explain_instance(declared, snapshot_seen, what, assume_empty=assume_empty)
    if explanation is None:
        if snapshot_seen.unknown:
            raise ObserveIncomplete({host: lost.reason for host, lost in snapshot_seen.unknown.items()})
        raise NovaliteError(f"{what} is neither new nor found on a host", proceed="novalite plan")
    from novalite.render.explain import explanation_document, explanation_text

    if as_json:
        show_json(explanation_document(explanation))
        return 0
    show_text(explanation_text(explanation, colour=wants_colour(sys.stdout), all_hosts=all_hosts))
    return 0


def _explain_id(error_id: str, as_json: bool) -> int:
    from novalite.cli.terminal import show_json
    from novalite.plan import problems
    from novalite.problem_ids import CATALOGUE

    title, text = {**problems.CATALOGUE, **CATALOGUE}.get(error_id, ("", ""))
    if not title:
        raise NovaliteError(f"no error has the id {error_id}", proceed="novalite explain NV0012")
    if as_json:
        show_json({"format": "novalite.explanation/1", "id": error_id, "title": title, "text": text})
    else:
        import textwrap

        click.echo(f"{error_id}: {title}\n")
        click.echo(textwrap.fill(text, 100))
    return 0
