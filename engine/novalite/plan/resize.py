# SPDX-License-Identifier: GPL-3.0-or-later
"""Observed instance x flavor -> Plan: another size on the same host, to be confirmed or reverted. Pure.

Source: nova/compute/api.py, resize; there the scheduler may choose another host, here only the instance's own is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.diff.compare import compare_specs
from novalite.model.change import Action
from novalite.model.placement import Unplaced
from novalite.plan import problems as all_ids
from novalite.plan import problems_acts as ids
from novalite.plan.asked import Asked, does_not_fit, how_off, not_possible, undeclared
from novalite.plan.describe import field_text
from novalite.plan.power_off import STOP_TIMEOUT_S
from novalite.plan.room import place_again
from novalite.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.flavor import Flavor
    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.observed import ObservedInstance
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot

_NEVER_SMALLER = {"disk_gib": "disk", "ephemeral_gib": "ephemeral disk", "swap_mib": "swap"}


def plan_resize(
    fleet: Fleet, snapshot: Snapshot, item: ObservedInstance, flavor: Flavor, timeout_s: int = STOP_TIMEOUT_S
) -> Plan:
    """Return the plan that gives an instance of the fleet another flavor, and keeps the way back."""
    asked = Asked(fleet, snapshot, Action.RESIZE)
    desired = fleet.instances.get(item.name)
    made = undeclared(item, "resize") if desired is None else _spec(fleet, snapshot, item, desired, flavor)
    if isinstance(made, Problem):
        asked.refuse(item, made)
        return asked.plan()
    body = {"spec": made, "virt_type": snapshot.hosts[item.host].virt_type, "timeout_s": timeout_s}
    differences = compare_specs(item.spec, made)
    fields = tuple(
        {"path": one.path, "before": one.before, "after": one.after, "class": "resize", "reason": "asked for"}
        for one in differences
    )
    sizes = ", ".join(field_text(one) for one in differences if one.path != "flavor.name")
    reason = f"{sizes or 'asked for'}; it stays on {item.host}; the way back is kept until novalite confirm or revert"
    asked.do(
        item, body, f"to {flavor.name}", f"{reason}{how_off(item, timeout_s)}", disruption="restart", fields=fields
    )
    return asked.plan()


def flavor_note(fleet: Fleet, name: str, flavor: Flavor) -> str | None:
    """Return what to change in the fleet so that it says the flavor that the instance has now; None where it does."""
    desired = fleet.instances.get(name)
    if desired is None or desired.flavor.name == flavor.name:
        return None
    entry = name.rpartition("-")[0]
    places = (("instances", name, "flavor"), ("instances", entry, "flavor"), ("defaults", "flavor"))
    where = next((found for path in places if (found := fleet.place(*path)) is not None), desired.where)
    line = f"{where.file}:{where.line}: " if where is not None else ""
    return f"{line}the fleet says flavor: {desired.flavor.name} of {name}; say flavor: {flavor.name} before you confirm"


def _spec(
    fleet: Fleet, snapshot: Snapshot, item: ObservedInstance, desired: Instance, flavor: Flavor
) -> Mapping[str, Any] | Problem:
    """Return the spec that the instance is to have, or why it cannot."""
    if item.interrupted == "resize" and "resize" in item.state:
        if item.spec["flavor"] == flavor.to_spec():
            return item.spec
        summary = f"{item.name}: its resize to {item.spec['flavor']['name']} was interrupted"
        return Problem(all_ids.ILLEGAL, summary, help=f"end that one, or: novalite revert {item.name}")
    problem = not_possible(item, "resize") or _not_a_resize(item, desired, flavor)
    if problem is not None:
        return problem
    # Where it may live besides is no matter of its size.
    becomes = attrs.evolve(desired, flavor=flavor, host=None, availability_zone=None, hints=())
    result = place_again(fleet, snapshot, item, becomes)
    if isinstance(result, Unplaced):
        return does_not_fit(item, "resize", result, becomes)
    spec = {key: value for key, value in item.spec.items() if key != "claim"}
    spec["flavor"] = flavor.to_spec()
    return {**spec, "claim": result.claim.to_spec()} if result.claim else spec


def _not_a_resize(item: ObservedInstance, desired: Instance, flavor: Flavor) -> Problem | None:
    now, then = item.spec["flavor"], flavor.to_spec()
    if now == then:
        return Problem(ids.CANNOT_RESIZE, f"{item.name}: it has flavor {flavor.name} already", help="novalite list")
    smaller = [
        f"{word} {now[key]} -> {then[key]}" for key, word in _NEVER_SMALLER.items() if int(str(then[key])) < now[key]
    ]
    if smaller:
        summary = (
            f"{item.name}: flavor {flavor.name} would make it smaller, and disks never shrink: {', '.join(smaller)}"
        )
        return Problem(ids.CANNOT_RESIZE, summary, help="take another flavor: novalite capacity")
    least = desired.image.min_ram_mib
    if flavor.ram_mib < least:
        summary = (
            f"{item.name}: image {desired.image.name} needs {least} MiB of memory, {flavor.name} has {flavor.ram_mib}"
        )
        return Problem(ids.NO_ROOM, summary, help="take another flavor: novalite capacity")
    return None
