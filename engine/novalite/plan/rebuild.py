# SPDX-License-Identifier: GPL-3.0-or-later
"""Observed instances x "rebuild" -> Plan: root disk and config drive made anew, everything else stays. Pure.

Source: nova/compute/api.py, rebuild: image, key, user data and metadata come from the request (here: from the fleet),
flavor and ports stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.diff.compare import compare_specs, wanted_spec
from novalite.model.change import Action
from novalite.model.placement import Unplaced
from novalite.plan import problems_acts as ids
from novalite.plan.asked import Asked, does_not_fit, how_off, not_possible, undeclared
from novalite.plan.power_off import STOP_TIMEOUT_S
from novalite.plan.room import place_again
from novalite.problem import Problem
from novalite.shared import arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.model.fleet import Fleet
    from novalite.model.image import Image
    from novalite.model.instance import Instance
    from novalite.model.observed import ObservedInstance
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot

# What of the fleet a rebuild takes over, besides ``arguments.AT_FIRST_BOOT``: what the guest reads when it initialises.
_TAKEN = ("image", "keypair", "user_data_sha256", "metadata")


def plan_rebuild(
    fleet: Fleet,
    snapshot: Snapshot,
    items: Sequence[ObservedInstance],
    image: Image | None = None,
    timeout_s: int = STOP_TIMEOUT_S,
) -> Plan:
    """Return the plan that rebuilds instances of the fleet; ``image`` instead of what the fleet says."""
    asked = Asked(fleet, snapshot, Action.REBUILD)
    for item in items:
        desired = fleet.instances.get(item.name)
        if desired is None:
            asked.refuse(item, undeclared(item, "rebuild"))
            continue
        becomes = desired if image is None else attrs.evolve(desired, image=image)
        problem = _problem(fleet, snapshot, item, becomes)
        if problem is not None:
            asked.refuse(item, problem)
            continue
        _rebuild(asked, item, becomes, timeout_s)
    return asked.plan()


def root_disks(item: ObservedInstance) -> tuple[str, ...]:
    """Return the files of an instance that a rebuild destroys."""
    return tuple(path for path in item.disks if path.endswith("/disk"))


def _rebuild(asked: Asked, item: ObservedInstance, becomes: Instance, timeout_s: int) -> None:
    wanted = {**wanted_spec(becomes, item), "secrets": dict(becomes.secrets)}  # the guest reads today's values
    if not becomes.secrets:
        del wanted["secrets"]
    kept = {key: value for key, value in item.spec.items() if key not in arguments.AT_FIRST_BOOT}
    taken = {key: wanted[key] for key in (*_TAKEN, *arguments.AT_FIRST_BOOT) if key in wanted}
    spec: dict[str, Any] = {**kept, **taken}
    fields = tuple(
        {"path": one.path, "before": one.before, "after": one.after, "class": "rebuild", "reason": "asked for"}
        for one in compare_specs(item.spec, spec)
    )
    before, after = item.spec["image"]["name"], becomes.image.name
    body = {"spec": spec, "virt_type": asked.snapshot.hosts[item.host].virt_type, "timeout_s": timeout_s}
    what = f"{after} again" if before == after else f"{before} -> {after}"
    undone = ", ".join(sorted(str(entry["path"]) for entry in item.drift))  # what is ignored, too
    by_hand = f"; what was changed by hand is undone: {undone}" if undone else ""
    reason = f"asked for; all that is on its root disk is lost{by_hand}{how_off(item, timeout_s)}"
    asked.deliver(becomes.image, item)
    asked.carry(becomes)
    asked.do(item, body, what, reason, disruption="rebuild", fields=fields, destroys=root_disks(item))


def _problem(fleet: Fleet, snapshot: Snapshot, item: ObservedInstance, becomes: Instance) -> Problem | None:
    """Return why an instance cannot be rebuilt, or None."""
    illegal = not_possible(item, "rebuild")
    if illegal is not None:
        return illegal
    if item.protect or becomes.protect:
        summary = f"{item.name}: it is protected, and a rebuild destroys its root disk"
        return Problem(ids.PROTECTED, summary, becomes.where, help="apply it with protect: false first")
    flavor, image = item.spec["flavor"], becomes.image
    for what, needed, given in (
        ("disk", image.min_disk_gib * 1024, flavor["disk_gib"] * 1024),
        ("memory", image.min_ram_mib, flavor["ram_mib"]),
    ):
        if needed > given:
            summary = f"{item.name}: image {image.name} needs {needed} MiB of {what}, and it has {given} MiB"
            return Problem(ids.NO_ROOM, summary, becomes.where, help="take another image, or resize it first")
    if image.to_spec()["properties"] == item.spec["image"]["properties"]:
        return None
    result = place_again(fleet, snapshot, item, becomes)
    return does_not_fit(item, "rebuild", result, becomes) if isinstance(result, Unplaced) else None
