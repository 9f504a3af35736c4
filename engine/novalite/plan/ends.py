# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs that end what another action began, or an instance: what they cost and destroy, and the power then. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.plan.power_off import way_off
from novalite.shared import states

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from novalite.model.observed import ObservedInstance

_KEPT = ".resize-old"  # module_utils/instance_folder.py


@attrs.frozen(slots=True)
class End:
    """``goal`` is the power state afterwards."""

    reason: str
    goal: str
    destroys: tuple[str, ...] = ()


def end_of(verb: str, item: ObservedInstance, arguments: Mapping[str, Any]) -> End | None:
    """Return what a verb ends of an instance in whose state it is legal; None for a verb that ends nothing."""
    told = _ENDS.get(verb)
    return None if told is None else told(item, arguments)


def _confirm(item: ObservedInstance, _arguments: Mapping[str, Any]) -> End:
    was = _said(item, "resize").get("spec", {}).get("flavor", {}).get("name", "what it was")
    reason = f"asked for; the way back to {was} ends, and what was kept for it is removed"
    return End(reason, item.power, tuple(path for path in item.disks if path.endswith(_KEPT)))


def _revert(item: ObservedInstance, arguments: Mapping[str, Any]) -> End:
    said = _said(item, "resize")
    was = said.get("spec", {}).get("flavor", {}).get("name", "what it was")
    reason = f"asked for; back to {was}: what the guest wrote since {said.get('since', 'the resize')} is lost"
    destroys = tuple(path.removesuffix(_KEPT) for path in item.disks if path.endswith(_KEPT))
    return End(f"{reason}{_off(item, arguments)}", str(said.get("power", item.power)), destroys)


def _unrescue(item: ObservedInstance, arguments: Mapping[str, Any]) -> End:
    goal = str(_said(item, "rescue").get("power", item.power))
    then = "it stays off, as it was before" if states.is_off(goal) else "it boots its own disk again"
    reason = f"asked for; {then}; the rescue disk is removed{_off(item, arguments)}"
    return End(reason, goal, tuple(path for path in item.disks if path.endswith("/disk.rescue")))


def _purge(item: ObservedInstance, _arguments: Mapping[str, Any]) -> End:
    until = _said(item, "trashed").get("until")
    limit = f"; it could be restored until {until}" if until else ""
    return End(f"asked for, for good{limit}", item.power, item.disks)


def _said(item: ObservedInstance, key: str) -> Mapping[str, Any]:
    """Return what an action left; nothing where the end of it was interrupted after that was taken away."""
    said: Mapping[str, Any] = item.state.get(key) or {}
    return said


def _off(item: ObservedInstance, arguments: Mapping[str, Any]) -> str:
    return "" if states.is_off(item.power) else f"; {way_off(item.power, arguments.get('timeout_s'))}"


_ENDS: dict[str, Callable[[ObservedInstance, Mapping[str, Any]], End]] = {
    "confirm": _confirm,
    "unrescue": _unrescue,
    "revert": _revert,
    "purge": _purge,
}
