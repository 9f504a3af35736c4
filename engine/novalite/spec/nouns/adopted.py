# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that somebody else made: what may be said of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.model.adoption import Adoption
from novalite.spec import ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.spec.context import Context

# Of the defaults, which are for what novalite makes, only what is written into the mark alone, and its power.
_DEFAULTS = ("metadata", "power", "power_policy", "protect", "stop_timeout")
_POWER = ("running", "shutoff", "paused", "suspended")
_BOOTED = "its guest has booted before, and reads no config drive"
_NEVER = {
    "count": "a domain is one",
    "user_data": _BOOTED,
    "key": _BOOTED,
    **dict.fromkeys(("hostname", "config_drive", "files", "guest_links"), _BOOTED),
    **dict.fromkeys(("vendor_data", "vendor_data_targets", "admin_pass"), _BOOTED),
    "cdrom": "its drives are as somebody else made them",
    "on_delete": "it is released, never deleted",
    "trash_days": "it is released, never deleted",
    "scheduler_hints": "it is on its host already",
}


def entry_of(context: Context, name: str, own: dict[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of an instance, with the defaults that are for it; problems are noted."""
    if "adopt" not in own:
        if "extra_xml" in own:
            summary = '"extra_xml" is not yet in this version, except beside adopt'
            path = ("instances", name, "extra_xml")
            context.add(ids.NOT_YET, summary, path, of_key=True, help="take it away")
        return {**defaults, **own} if defaults else own
    for key, reason in _NEVER.items():
        if own.get(key) is not None:
            context.add(ids.ADOPTED, f'"{key}" is not for an adopted instance: {reason}', ("instances", name, key))
    if own.get("power", _POWER[0]) not in _POWER:
        summary = f"power: {own['power']} is not for an adopted instance: one of {', '.join(_POWER)}"
        context.add(ids.ADOPTED, summary, ("instances", name, "power"))
    for index, item in enumerate(own.get("networks") or ()):
        if isinstance(item, str) or "mac" not in item:
            summary = "a port of an adopted instance says its mac: it has one already"
            context.add(ids.ADOPTED, summary, ("instances", name, "networks", index))
    return {**{key: value for key, value in defaults.items() if key in _DEFAULTS}, **own}


def read_adoption(context: Context, name: str, own: dict[str, Any], taken: dict[str, str]) -> Adoption:
    """Return which domain an instance is; ``taken`` remembers who has said which UUID."""
    said = own["adopt"]
    first = taken.setdefault(said["uuid"], name)
    if first != name:
        related = (("first here", context.declared.where(("instances", first, "adopt"))),)
        summary = f"the domain {said['uuid']} is adopted twice"
        context.add(ids.ADOPTED, summary, ("instances", name, "adopt", "uuid"), related=related)
    return Adoption(said["host"], said["uuid"], said["domain"], said["sha256"])
