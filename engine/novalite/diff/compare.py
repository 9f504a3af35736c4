# SPDX-License-Identifier: GPL-3.0-or-later
"""What is there and what is wanted -> the fields in which they differ, each with what its change costs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from novalite.diff.cards import is_cards, wanted_macs
from novalite.diff.fields import Field, FieldClass, field_of
from novalite.diff.limits import LIMITS, NO_DRIVE, started_with
from novalite.model.change import FieldChange
from novalite.model.secret import still_known
from novalite.shared import states, transitions

if TYPE_CHECKING:
    from novalite.model.instance import Instance, Parts
    from novalite.model.observed import ObservedInstance

BY_HAND_NOW = "changed on the host by hand"
BY_HAND = f"{BY_HAND_NOW}, put back"
IS_OFF = "it is off, so its next start has it"
SETTLED = "what runs has it already"
CLAIMED = "the CPUs, cells and devices of its host were given to it at birth"

_NESTED = ("flavor", "image", "keypair", "group", "cdrom", "secrets")
_READ_AT_BIRTH = ("user_data_sha256", "vendor_data_sha256", "admin_pass_sha256", "files")
_BY_KEY = ("flavor.extra_specs", "image.properties")
_OF_CLAIM = frozenset({"flavor.vcpus", "flavor.ram_mib"})
_ALIVE = frozenset({states.RUNNING, states.PAUSED, states.ASLEEP})
# Renaming a domain takes the guest down, and which of two names is meant, a person knows.
_NOT_PUT_BACK = {"domain": "renamed on the host by hand: virsh domrename gives it its name back"}
_CARD_NUMBER = re.compile(r"^ports\.(\d+)\b")

Difference = tuple[str, Any, Any]


def wanted_spec(desired: Instance, observed: ObservedInstance, shared: Parts | None = None) -> dict[str, object]:
    """Return the spec that the fleet wants of an instance that exists: it keeps its identity, and its claim."""
    macs = wanted_macs(desired.ports, observed.uuid, observed.spec["ports"])
    spec = desired.to_spec(observed.uuid, str(observed.spec["domain"]), macs, shared)
    claim, adopted = observed.spec.get("claim"), observed.spec.get("adopted")
    if adopted and desired.adopt is not None:  # the host has added what each part of the domain was
        spec["adopted"] = {**adopted, **desired.adopt.to_spec(desired.extra_xml)}
    if desired.secrets or "secrets" in observed.spec:
        _keep_fingerprints(spec, observed.spec)
    return spec if claim is None else {**spec, "claim": claim}


def _keep_fingerprints(spec: dict[str, object], there: Mapping[str, Any]) -> None:
    """Put into a wanted spec which fingerprints its mark should hold."""
    is_rebuilt = any(spec.get(key) != there.get(key) for key in _READ_AT_BIRTH)
    known: Any = spec.pop("secrets", {})
    kept = still_known(there.get("secrets"), known, is_rebuilt=is_rebuilt)
    if kept:
        spec["secrets"] = kept


def compare(item: ObservedInstance, wanted: Mapping[str, Any], power: str | None = None) -> tuple[FieldChange, ...]:
    """Return what differs, in the order of paths: what the fleet says otherwise than the mark, and what somebody
    changed by hand. ``power``: the state in which it will be changed, if it is not that of now.
    """
    at = item.power if power is None else power
    found = {path: (before, after, False) for path, before, after in differences(item.spec, wanted)}
    for entry in item.drift:
        path = _CARD_NUMBER.sub(r"ports[\1]", str(entry["path"]))
        after = found[path][1] if path in found else entry.get("expected")
        found[path] = (entry.get("actual"), after, True)
    return tuple(_change(item, at, path, *found[path]) for path in sorted(found))


def compare_specs(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Return what two specs say differently, in the order of paths, each with its class for a guest that runs."""
    found = sorted(differences(before, after), key=lambda one: one[0])
    rows = ((field_of(path), path, old, new) for path, old, new in found)
    return tuple(FieldChange(path, old, new, row.classes[0].value, row.reason) for row, path, old, new in rows)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield (path, before, after) for each leaf in which two specs differ; a part that one of them lacks is a leaf."""
    for key in before.keys() | after.keys():
        lacking = NO_DRIVE if key == "cdrom" else None
        old, new = before.get(key, lacking), after.get(key, lacking)
        if old == new:
            continue
        if key == "ports":
            yield from _card_differences(old, new)
        elif key in _NESTED and isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _inner(key, old, new)
        else:
            yield key, old, new


def _inner(place: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for key in before.keys() | after.keys():
        old, new, path = before.get(key), after.get(key), f"{place}.{key}"
        if old == new:
            continue
        if path in _BY_KEY and isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _inner(path, old, new)
        else:
            yield path, old, new


def _card_differences(before: Any, after: Any) -> Iterator[Difference]:
    """Yield the differences of network cards: by their places where there are as many, else by their MACs."""
    if not is_cards(before) or not is_cards(after):
        yield "ports", before, after
        return
    if len(before) == len(after):
        pairs = list(zip(before, after, strict=True))
    else:
        held = {port["mac"]: port for port in before}
        pairs = [(held.get(port["mac"], port), port) for port in after]
        yield "ports", [port["mac"] for port in before], [port["mac"] for port in after]
    for number, (old, new) in enumerate(pairs):
        yield from _inner(f"ports[{number}]", old, new)
        if old is new and new.get("fixed_ip"):  # a new card, whose address its guest is told at first boot
            yield f"ports[{number}].fixed_ip", None, new["fixed_ip"]
        elif old is new and any(subnet.get("fixed_ip") for subnet in new.get("subnets") or ()):
            yield f"ports[{number}].subnets", None, new["subnets"]


def _change(item: ObservedInstance, power: str, path: str, before: Any, after: Any, by_hand: bool) -> FieldChange:
    row = field_of(path)
    kind, reason = _verdict(item, row, power, before, after)
    if by_hand:
        kind, reason = _put_back(row, kind, reason)
    if power in _ALIVE and kind in (FieldClass.HOT, FieldClass.COLD) and _runs_with(item, path, after):
        kind, reason = FieldClass.SETTLED, f"{BY_HAND}; {SETTLED}" if by_hand else SETTLED
    return FieldChange(path, before, after, kind.value, reason, by_hand)


def _verdict(item: ObservedInstance, row: Field, power: str, before: Any, after: Any) -> tuple[FieldClass, str]:
    kind = row.class_at(power)
    if kind is FieldClass.COLD and states.is_shut(power):
        return kind, IS_OFF
    if row.path in _OF_CLAIM and item.spec.get("claim"):
        return FieldClass.REPLACE, CLAIMED
    if kind is FieldClass.LIMITED:
        try:
            return LIMITS[row.limit](before, after, row.column_at(power), item)
        except TypeError:  # a damaged mark
            return FieldClass.REFUSED, "what was applied before cannot be read"
    if kind is FieldClass.REFUSED and row.classes[0] is not FieldClass.REFUSED:
        action = "rebuild" if row.classes[0] is FieldClass.REBUILD else "change"
        return kind, str(transitions.illegal_reason(action, power) or row.reason)
    return kind, row.reason


def _put_back(row: Field, kind: FieldClass, reason: str) -> tuple[FieldClass, str]:
    """Return what putting back costs: the guest never knew of it as its own, so no disk is made anew for it."""
    if row.path in _NOT_PUT_BACK:
        return FieldClass.REFUSED, _NOT_PUT_BACK[row.path]
    if kind is FieldClass.REFUSED and (row.classes[0] is not FieldClass.REFUSED):
        return kind, f"{BY_HAND_NOW}; {reason}"
    if kind not in (FieldClass.HOT, FieldClass.COLD, FieldClass.IN_PLACE):
        return FieldClass.COLD, BY_HAND
    return kind, f"{BY_HAND}; {reason}" if kind is not FieldClass.IN_PLACE else BY_HAND


def _runs_with(item: ObservedInstance, path: str, value: Any) -> bool:
    nothing = object()
    return bool(started_with(item, path, nothing) == value)
