# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite capacity``: how many more instances of each flavor fit, now and after a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from novalite.cli import options
from novalite.cli.what_if import what_if_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.flavor import Flavor


@click.command("capacity", short_help="Say how many more of each flavor fit, now and after a loss.")
@options.fleet_argument
@options.inventory_option
@options.forks_option
@options.snapshot_option
@options.outside_option
@click.option("--flavor", multiple=True, metavar="NAME", help="Only this flavor. Repeatable.")
@click.option("--domain", multiple=True, metavar="KEY", help="Also lose one value of this aggregate metadata key.")
@what_if_options
@options.json_option
def command(
    fleet: str | None,
    inventory: tuple[str, ...],
    forks: int,
    snapshot: str | None,
    allow_outside: bool,
    flavor: tuple[str, ...],
    domain: tuple[str, ...],
    without: tuple[str, ...],
    without_zone: tuple[str, ...],
    add: int | None,
    like: str | None,
    as_json: bool,
) -> int:
    """Say how many more instances of each flavor of FLEET (default: ./fleet or ./fleet.yml) fit: now, and after
    the worst loss of one host, one zone, or one --domain such as rack.

    Counted are instances without group, zone or network. After a loss there are two numbers: what fits on
    the rest, and what fits once the lost instances were placed again. Exit status 6 where hosts are unknown.
    """
    from novalite.cli.look import load_fleet, observe
    from novalite.cli.sources import Planning
    from novalite.cli.terminal import show_json, show_table
    from novalite.cli.what_if import change_said, imagined
    from novalite.model.survival import HOST, ZONE
    from novalite.plan.ask import ask_capacity, standing
    from novalite.render.capacity import capacity_document, capacity_lines, capacity_table

    change = change_said(without, without_zone, add, like)
    declared = load_fleet(fleet, allow_outside=allow_outside)
    kinds = _flavors(declared.flavors, flavor)
    seen = observe(Planning(inventory, forks, snapshot, quiet=as_json))
    thought = imagined(declared, seen, change)
    declared, seen = thought.fleet, thought.snapshot
    of = list(dict.fromkeys((HOST, ZONE, *domain)))
    now = standing(declared, seen, thought.homes)
    rooms = ask_capacity(declared, now, kinds, of)
    if as_json:
        show_json(capacity_document(rooms, len(seen.hosts), sorted(seen.unknown), thought.said, now.stranded))
    else:
        show_table(capacity_table(rooms, of))
        for line in capacity_lines(of, len(seen.unknown), thought.said, now.stranded):
            click.echo(line)
    return 6 if seen.unknown else 0


def _flavors(known: Mapping[str, Flavor], wanted: tuple[str, ...]) -> list[Flavor]:
    """Return the flavors asked for, all where none is. Raises: NovaliteError for a name that is none."""
    from novalite.errors import NovaliteError

    for name in wanted:
        if name not in known:
            import difflib

            near = difflib.get_close_matches(name, known, n=1)
            raise NovaliteError(
                f"the fleet has no flavor {name!r}",
                proceed=f"novalite capacity --flavor {near[0]}" if near else "novalite validate",
            )
    return [known[name] for name in wanted or known]
