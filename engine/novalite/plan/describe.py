# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes -> the lines of a plan: what, where, why, and at what cost. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.diff.fields import FieldClass
from novalite.diff.power import RESCUED, SHELVED
from novalite.model.change import GOING, Action, Change, FieldChange
from novalite.model.placement import Placement, Unplaced
from novalite.model.plan import PlannedChange
from novalite.plan import costs
from novalite.plan.birth_words import birth_text
from novalite.plan.power_off import way_off
from novalite.shared import states, units

if TYPE_CHECKING:
    from novalite.model.observed import ObservedInstance
    from novalite.plan.identity import Identity

_DISRUPTION = {Action.DELETE: "destroy", Action.TRASH: "destroy"}
_DISRUPTION |= dict.fromkeys((Action.STOP, Action.SHELVE, Action.PAUSE, Action.SUSPEND, Action.REBOOT), "restart")
_DISRUPTION |= dict.fromkeys((Action.RESCUE, Action.UNRESCUE), "restart")
_BESIDE_POWER = (Action.UPDATE, Action.RENAME, Action.REBUILD)  # lines that may say a power state too
_MIB = frozenset({"flavor.ram_mib", "flavor.max_ram_mib", "flavor.swap_mib"})
_GIB = frozenset({"flavor.disk_gib", "flavor.ephemeral_gib"})
_WORDS = {
    "flavor.ram_mib": "ram",
    "flavor.swap_mib": "swap",
    "flavor.disk_gib": "disk",
    "flavor.ephemeral_gib": "ephemeral",
    "flavor.vcpus": "vcpus",
    "flavor.max_vcpus": "max vcpus",
    "flavor.max_ram_mib": "max ram",
    "flavor.name": "flavor",
    "flavor.extra_specs": "extra specs",
    "cdrom.name": "medium",
    "cdrom.sha256": "medium content",
    "image.name": "image",
    "image.sha256": "image content",
    "image.properties": "image properties",
    "group.name": "group",
    "power.applied": "declared power",
    "group.policy": "group policy",
    "availability_zone": "zone",
    "keypair.name": "keypair",
    "keypair.public_key": "public key",
    "user_data_sha256": "user data",
    "restart_token": "restart token",
    "vendor_data_sha256": "vendor data",
    "admin_pass_sha256": "admin pass",
}
_NAMED_ONLY = frozenset({"metadata", "flavor.extra_specs", "image.properties", "keypair.public_key"})
_PREFIXES = ("flavor.extra_specs.", "image.properties.", "hardware.", "flavor.")


def describe(change: Change, *, settle: bool = False) -> PlannedChange:
    """Return the line of a change to an instance that exists, or that may exist; ``settle``: nothing stays pending."""
    is_rebooted = settle and change.action in (Action.UPDATE, Action.RENAME) and costs.is_settled(change)
    item, way = change.observed, way_of_change(change)
    if is_rebooted and way is None:
        way = way_off(states.RUNNING, change.desired.stop_timeout_s if change.desired else None)
    power = _power(change)
    disruption = _DISRUPTION.get(change.action, costs.NONE)
    if change.action in _BESIDE_POWER:
        disruption = costs.cost_of(change)
        disruption = costs.worst((disruption, costs.RESTART)) if is_rebooted else disruption
    elif change.action is Action.REFUSED and costs.cost_of(change) == costs.REPLACE:
        disruption = costs.REPLACE
    return PlannedChange(
        action=change.action.value,
        name=change.name,
        host=item.host if item else None,
        uuid=item.uuid if item else None,
        summary=_summary(change, item),
        reason=f"{change.reason}; {way}" if way else change.reason,
        disruption=disruption,
        fields=tuple(_field(field, way if field is power else None) for field in change.fields),
        destroys=_destroyed(change),
    )


_RESTARTING = (Action.REBOOT, *_BESIDE_POWER)


def way_of_change(change: Change) -> str | None:
    """Return how the change powers a guest off, or None where it does not."""
    item, power = change.observed, _power(change)
    if item is None or states.is_off(item.power):
        return None
    if change.action in GOING:
        return way_off(item.power, 0)
    if any(field.kind == FieldClass.RESTART.value for field in change.fields) and change.action in _RESTARTING:
        # One that does not run is made to go on first.
        return way_off(states.RUNNING, change.desired.stop_timeout_s if change.desired else None)
    ends_off = power is not None and power.after in (states.SHUTOFF, SHELVED, RESCUED)
    if not ends_off or change.action not in (Action.STOP, Action.SHELVE, Action.RESCUE, *_BESIDE_POWER):
        return None
    return way_off(item.power, change.desired.stop_timeout_s if change.desired else None)


def _power(change: Change) -> FieldChange | None:
    """Return the power state that it changes."""
    reported = FieldClass.REPORTED.value
    return next((field for field in change.fields if field.path == "power" and field.kind != reported), None)


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
    then = f"; {_RESCUED_LATER}" if change.desired is not None and change.desired.power == RESCUED else ""
    reason = result.reason + then
    return PlannedChange("create", change.name, result.host, who.uuid, summary, reason, placement=placement)


_RESCUED_LATER = "it is made running; the plan after this one rescues it"


def _destroyed(change: Change) -> tuple[str, ...]:
    if change.action is Action.DELETE:
        return change.observed.disks if change.observed else ()
    return costs.destroyed(change) if change.action in (Action.UPDATE, Action.RENAME, Action.REBUILD) else ()


def refusal_text(result: Unplaced) -> str:
    """Return the counts, such as "0 of 5 hosts: 3 RamFilter, 2 TraitsFilter"."""
    hosts = sum(result.refused.values())
    counts = ", ".join(f"{count} {name}" for name, count in result.refused.items())
    return f"0 of {hosts} hosts: {counts}" if hosts else "no host answered"


def field_text(field: FieldChange) -> str:
    """Return one field as people say it: "ram 8GiB -> 16GiB"."""
    if field.kind == FieldClass.REPORTED.value:
        return f"is {field.before}, declared {field.after}"
    if field.path.startswith("secrets."):
        return f"the value of secret {field.path.removeprefix('secrets.')} changed"
    told = birth_text(field)
    if told is not None:
        return told
    prefix = next((prefix for prefix in _PREFIXES if field.path.startswith(prefix)), "")
    word = field.path.removeprefix(prefix)
    word = _WORDS.get(field.path, word if prefix in _PREFIXES[:3] else word.replace("_", " "))
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
    if change.action in (Action.DELETE, Action.RELEASE, Action.TRASH, Action.RESTORE, Action.UNSHELVE):
        return f"{item.spec['flavor'].get('name', 'instance')} on {item.host}"
    fields = [field for field in change.fields if field.path != "name"]
    parts = [f"{item.name} -> {change.name}"] if change.action is Action.RENAME else []
    return ", ".join(parts + [field_text(field) for field in fields])


def _value(path: str, value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return str(len(value)) if path == "ports" else ", ".join(str(part) for part in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if type(value) is int and path in _MIB:
        return units.text_from_mib(value)
    if type(value) is int and path in _GIB:
        return units.text_from_mib(value * 1024)
    text = str(value["name"] if isinstance(value, dict) and "name" in value else value)
    return text[:12] if "sha256" in path else text


def _field(field: FieldChange, way: str | None) -> dict[str, Any]:
    return {
        "path": field.path,
        "before": field.before,
        "after": field.after,
        "class": field.kind,
        "reason": f"{field.reason}; {way}" if way else field.reason,
        **({"by_hand": True} if field.by_hand else {}),
    }
