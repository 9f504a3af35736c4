# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes -> the lines of a plan: what, where, why, and at what cost. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.change import Action, Change, FieldChange
from novalite.model.placement import Placement, Unplaced
from novalite.model.plan import PlannedChange
from novalite.shared import units

if TYPE_CHECKING:
    from novalite.model.observed import ObservedInstance
    from novalite.plan.identity import Identity

_DISRUPTION = {Action.DELETE: "destroy"}
_DISRUPTION |= dict.fromkeys((Action.STOP, Action.PAUSE, Action.SUSPEND, Action.REBOOT), "restart")
_MIB = frozenset({"flavor.ram_mib", "flavor.swap_mib"})
_GIB = frozenset({"flavor.disk_gib", "flavor.ephemeral_gib"})
_WORDS = {
    "flavor.ram_mib": "ram",
    "flavor.swap_mib": "swap",
    "flavor.disk_gib": "disk",
    "flavor.ephemeral_gib": "ephemeral",
    "flavor.vcpus": "vcpus",
    "flavor.name": "flavor",
    "flavor.extra_specs": "extra specs",
    "image.name": "image",
    "image.sha256": "image content",
    "image.properties": "image properties",
    "group.name": "group",
    "group.policy": "group policy",
    "availability_zone": "zone",
    "keypair.name": "keypair",
    "keypair.public_key": "public key",
    "user_data_sha256": "user data",
}
_NAMED_ONLY = frozenset({"metadata", "flavor.extra_specs", "image.properties", "keypair.public_key", "ports"})


def describe(change: Change) -> PlannedChange:
    """Return the line of a change to an instance that exists, or that may exist."""
    item = change.observed
    power = any(field.path == "power" and field.after != "running" for field in change.fields)
    disruption = _DISRUPTION.get(change.action, "none")
    if power and change.action in (Action.UPDATE, Action.RENAME):
        disruption = "restart"
    return PlannedChange(
        action=change.action.value,
        name=change.name,
        host=item.host if item else None,
        uuid=item.uuid if item else None,
        summary=_summary(change, item),
        reason=change.reason,
        disruption=disruption,
        fields=tuple(_field(field) for field in change.fields),
        destroys=item.disks if item and change.action is Action.DELETE else (),
    )


def describe_create(change: Change, result: Placement | Unplaced, who: Identity) -> PlannedChange:
    """Return the line of a new instance, with its host and why that one, or why none."""
    flavor = change.desired.flavor.name if change.desired else ""
    if isinstance(result, Unplaced):
        placement: dict[str, Any] = {"refused": dict(result.refused), "examples": dict(result.examples)}
        if result.advice is not None:
            placement["advice"] = {**attrs.asdict(result.advice), "text": result.advice.text}
        reason = refusal_text(result)
        return PlannedChange("create", change.name, None, None, f"{flavor} on no host", reason, placement=placement)
    placement = {"considered": result.considered, "weight": result.weight, "runner_up": result.runner_up}
    summary = f"{flavor} on {result.host}"
    return PlannedChange("create", change.name, result.host, who.uuid, summary, result.reason, placement=placement)


def refusal_text(result: Unplaced) -> str:
    """Return the counts, such as "0 of 5 hosts: 3 RamFilter, 2 TraitsFilter"."""
    hosts = sum(result.refused.values())
    counts = ", ".join(f"{count} {name}" for name, count in result.refused.items())
    return f"0 of {hosts} hosts: {counts}" if hosts else "no host answered"


def field_text(field: FieldChange) -> str:
    """Return one field as people say it: "ram 8GiB -> 16GiB"."""
    word = _WORDS.get(field.path, field.path.removeprefix("flavor.").replace("_", " "))
    if field.path == "metadata" and isinstance(field.before, dict) and isinstance(field.after, dict):
        keys = sorted(
            key for key in field.before.keys() | field.after.keys() if field.before.get(key) != field.after.get(key)
        )
        return f"metadata {', '.join(keys)}"
    if field.path in _NAMED_ONLY or (field.before is None and field.after is None):
        return word
    return f"{word} {_value(field.path, field.before)} -> {_value(field.path, field.after)}"


def _summary(change: Change, item: ObservedInstance | None) -> str:
    if change.action is Action.UNKNOWN:
        return "unknown"
    if change.action is Action.CONFLICT or item is None:
        return "conflict"
    if change.action is Action.ORPHAN:
        return "orphan" if change.desired is None else f"on {item.host}"
    if change.action is Action.DELETE:
        return f"{item.spec['flavor'].get('name', 'instance')} on {item.host}"
    fields = [field for field in change.fields if field.path != "name"]
    parts = [f"{item.name} -> {change.name}"] if change.action is Action.RENAME else []
    return ", ".join(parts + [field_text(field) for field in fields])


def _value(path: str, value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if type(value) is int and path in _MIB:
        return units.text_from_mib(value)
    if type(value) is int and path in _GIB:
        return units.text_from_mib(value * 1024)
    text = str(value["name"] if isinstance(value, dict) and "name" in value else value)
    return text[:12] if "sha256" in path else text


def _field(field: FieldChange) -> dict[str, Any]:
    return {
        "path": field.path,
        "before": field.before,
        "after": field.after,
        "class": field.kind,
        "reason": field.reason,
    }
