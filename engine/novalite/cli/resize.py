# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite resize``: give an instance another flavor, to be confirmed or reverted."""

from __future__ import annotations

from typing import Any

import click

from novalite.cli.act import act_options
from novalite.model.verb import ACTS


@click.command("resize", short_help=ACTS["resize"])
@click.argument("name", metavar="NAME")
@click.argument("flavor", metavar="FLAVOR")
@act_options
def command(name: str, flavor: str, timeout_s: int, yes: bool, as_json: bool, **more: Any) -> int:
    """Give the instance NAME the flavor FLAVOR of the fleet, on the host where it lives.

    Its disks and its definition are kept as they are until "novalite confirm NAME"; "novalite revert NAME"
    puts them back, and what the guest wrote meanwhile is lost. Disks never shrink.
    """
    from novalite.cli.act import begin, find_noun
    from novalite.cli.carry_out import apply_made
    from novalite.cli.terminal import note
    from novalite.plan.resize import flavor_note, plan_resize

    act = begin((name,), as_json=as_json, **more)
    (item,) = act.items
    chosen = find_noun(act.fleet.flavors, "flavor", flavor)
    status = apply_made(
        plan_resize(act.fleet, act.snapshot, item, chosen, timeout_s), act.planning, yes=yes, as_json=as_json
    )
    said = flavor_note(act.fleet, item.name, chosen)
    if said is not None:
        note(f"note: {said}")
    return status
