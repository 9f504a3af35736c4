# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes of that which a guest is told at first boot, in few words: names, never whole lists. Pure."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.change import FieldChange

_NAMED_BY = {"files": "path", "guest_links": "name"}


def birth_text(field: FieldChange) -> str | None:
    """Return one such field as people say it; None where it is another, or a damaged mark has nonsense in it."""
    try:
        return _text(field)
    except (TypeError, KeyError, AttributeError):
        return None


def _text(field: FieldChange) -> str | None:
    if field.path in _NAMED_BY:
        key = _NAMED_BY[field.path]
        before, after = ({one[key]: one for one in value or ()} for value in (field.before, field.after))
        return f"{field.path.replace('_', ' ')} {', '.join(_changed(before, after))}"
    if field.path == "user_data_parts":
        return _parts_text(field.before or [], field.after or [])
    if field.path == "vendor_targets":
        names = [", ".join(one["name"] for one in (value or {}).get("targets", ())) for value in _both(field)]
        return f"vendor targets {names[0] or 'none'} -> {names[1] or 'none'}"
    if field.path.endswith(".subnets"):
        return f"{field.path.removesuffix('.subnets')} {_subnets_text(*_both(field))}"
    return None


def _parts_text(before: list[str], after: list[str]) -> str:
    """Return which parts of user data come, go or change, counted from 1."""
    pairs = enumerate(zip_longest(before, after), start=1)
    changed = [str(number) for number, (old, new) in pairs if old != new]
    return f"user data part{'' if len(changed) == 1 else 's'} {', '.join(changed)}"


def _both(field: FieldChange) -> tuple[Any, Any]:
    return field.before, field.after


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names that come (+), go (-) or change."""
    found = []
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            found.append(f"+{name}" if name not in before else f"-{name}" if name not in after else name)
    return found


def _subnets_text(before: Any, after: Any) -> str:
    old, new = ({one["cidr"]: one for one in value or ()} for value in (before, after))
    changed = [cidr for cidr in sorted(old.keys() | new.keys(), key=str) if old.get(cidr) != new.get(cidr)]
    texts = []
    for cidr in changed:
        first, second = _address(old.get(cidr)), _address(new.get(cidr))
        if first != second:
            texts.append(f"{first} -> {second}")
        else:
            keys = sorted(key for key in old[cidr] if old[cidr][key] != new[cidr].get(key))
            texts.append(f"{', '.join(keys)} of {cidr}")
    return "; ".join(texts)


def _address(subnet: Mapping[str, Any] | None) -> str:
    """Return how an address is had in a subnet."""
    if subnet is None:
        return "none"
    way = "dhcp" if subnet["dhcp"] else subnet["ipv6"]
    said = [str(part) for part in (subnet["fixed_ip"], way) if part]
    return f"{' by '.join(said)} in {subnet['cidr']}"
