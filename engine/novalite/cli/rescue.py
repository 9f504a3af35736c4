# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite rescue``: boot instances from a rescue image."""

from __future__ import annotations

from typing import Any

import click

from novalite.cli.act import act_options, image_option
from novalite.model.verb import ACTS


@click.command("rescue", short_help=ACTS["rescue"])
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@image_option
@act_options
def command(names: tuple[str, ...], image: str | None, timeout_s: int, yes: bool, as_json: bool, **more: Any) -> int:
    """Boot instances from a rescue image; all their disks stay attached, under the names that they have.

    "novalite unrescue NAME" ends it. Meanwhile plans of the fleet leave them alone. Only --image needs a
    fleet.
    """
    from novalite.cli.act import begin, begin_without_fleet, find_noun
    from novalite.cli.carry_out import apply_made
    from novalite.plan.rescue import plan_rescue

    if image is None and more["fleet"] is None:
        act, chosen = begin_without_fleet(names, as_json=as_json, **more), None
    else:
        act = begin(names, as_json=as_json, **more)
        chosen = None if image is None else find_noun(act.fleet.images, "image", image)
    plan = plan_rescue(act.fleet, act.snapshot, act.items, chosen, timeout_s)
    return apply_made(plan, act.planning, yes=yes, as_json=as_json)
