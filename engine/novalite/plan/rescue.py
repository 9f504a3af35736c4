# SPDX-License-Identifier: GPL-3.0-or-later
"""Observed instances x "rescue" -> Plan: they boot a rescue image, their own disks attached as they were. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.change import Action
from novalite.plan.asked import Asked, how_off, not_possible
from novalite.plan.draft import RESCUE_IMAGE
from novalite.plan.power_off import STOP_TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.model.fleet import Fleet
    from novalite.model.image import Image
    from novalite.model.observed import ObservedInstance
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot


def plan_rescue(
    fleet: Fleet,
    snapshot: Snapshot,
    items: Sequence[ObservedInstance],
    image: Image | None = None,
    timeout_s: int = STOP_TIMEOUT_S,
) -> Plan:
    """Return the plan that brings instances into rescue; without an image each boots a fresh disk of its own."""
    asked = Asked(fleet, snapshot, Action.RESCUE)
    for item in items:
        problem = not_possible(item, "rescue")
        if problem is not None:
            asked.refuse(item, problem)
            continue
        if image is not None:
            asked.deliver(image, item)
        said = item.spec["image"] if image is None else image.to_spec()
        carried = {key: said[key] for key in RESCUE_IMAGE}
        body = {"uuid": item.uuid, "image": carried, "timeout_s": timeout_s}
        reason = f"asked for; its own disks stay attached under the names they have{how_off(item, timeout_s)}"
        asked.do(item, body, f"from image {said['name']}", reason, disruption="restart")
    return asked.plan()
