# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite rebuild``: make root disks and config drives anew."""

from __future__ import annotations

from typing import Any

import click

from novalite.cli.act import act_options, image_option
from novalite.model.verb import ACTS


@click.command("rebuild", short_help=ACTS["rebuild"])
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@image_option
@act_options
def command(names: tuple[str, ...], image: str | None, timeout_s: int, yes: bool, as_json: bool, **more: Any) -> int:
    """Make the root disk of instances anew from their image, and their config drive from what the fleet says.

    All that is on the root disk is lost; UUID, MACs, addresses, ephemeral disk and swap stay. The guest
    initialises again, and is powered as before.
    """
    from novalite.cli.act import begin, find_noun
    from novalite.cli.carry_out import apply_made
    from novalite.plan.rebuild import plan_rebuild

    act = begin(names, as_json=as_json, **more)
    chosen = find_noun(act.fleet.images, "image", image) if image is not None else None
    plan = plan_rebuild(act.fleet, act.snapshot, act.items, chosen, timeout_s)
    return apply_made(plan, act.planning, yes=yes, as_json=as_json)
