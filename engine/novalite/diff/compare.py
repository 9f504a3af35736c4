# SPDX-License-Identifier: GPL-3.0-or-later
"""Two specs -> the fields in which they differ, each with its class. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from novalite.diff.fields import BY_HAND, GROUP, KEYPAIR, PORTS, Field, FieldClass, get_field
from novalite.model.change import FieldChange

if TYPE_CHECKING:
    from novalite.model.instance import Instance, Parts
    from novalite.model.observed import ObservedInstance

_WHOLE = {"keypair": KEYPAIR, "group": GROUP}
_NESTED = ("flavor", "image", "keypair", "group", "cdrom")


def wanted_spec(desired: Instance, observed: ObservedInstance, shared: Parts | None = None) -> dict[str, object]:
    """Return the spec that the fleet wants of an instance that exists: it keeps its identity, and its claim.

    A port that the fleet has and the instance has not gets an empty MAC; the number of ports differs then, which is
    refused before anybody could use it.
    """
    held = [port["mac"] for port in observed.spec["ports"]]
    if len(held) < len(desired.ports):
        held += [""] * (len(desired.ports) - len(held))
    macs = [port.mac or mac for port, mac in zip(desired.ports, held, strict=False)]
    spec = desired.to_spec(observed.uuid, str(observed.spec["domain"]), macs, shared)
    claim, adopted = observed.spec.get("claim"), observed.spec.get("adopted")
    if adopted and desired.adopt is not None:  # the host has added what each part of the domain was
        spec["adopted"] = {**adopted, **desired.adopt.to_spec(desired.extra_xml)}
    return spec if claim is None else {**spec, "claim": claim}


def compare_specs(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Return what differs, in the order of paths; empty for equal specs."""
    return tuple(sorted(_differences(before, after), key=lambda change: change.path))


def drift_changes(drift: Iterable[Mapping[str, Any]]) -> tuple[FieldChange, ...]:
    """Return what somebody changed on the host: from what is there now to what was last applied."""
    return tuple(
        FieldChange(str(entry["path"]), entry.get("actual"), entry.get("expected"), FieldClass.DRIFT.value, BY_HAND)
        for entry in drift
    )


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FieldChange]:
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if key == "ports":
            yield from _port_differences(old, new)
        elif key not in _NESTED:
            yield _change(get_field(key), key, old, new)
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _nested_differences(key, key, old, new)
        else:
            yield _change(_WHOLE.get(key) or get_field(key), key, old, new)


def _nested_differences(
    row: str, place: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[FieldChange]:
    for key in before.keys() | after.keys():
        if before.get(key) != after.get(key):
            yield _change(get_field(f"{row}.{key}"), f"{place}.{key}", before.get(key), after.get(key))


def _port_differences(before: Any, after: Any) -> Iterator[FieldChange]:
    if not isinstance(before, list) or len(before) != len(after):
        yield _change(PORTS, "ports", before, after)
        return
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        yield from _nested_differences("ports", f"ports[{index}]", old, new)


def _change(row: Field, path: str, before: Any, after: Any) -> FieldChange:
    return FieldChange(path, before, after, row.kind.value, row.reason)
