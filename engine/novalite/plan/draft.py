# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes -> steps that have no number yet, each with what it frees and what it needs to be free. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.diff.cards import wanted_macs
from novalite.diff.compare import wanted_spec
from novalite.diff.power import APPLIED, RESCUED, is_done, power_action
from novalite.diff.restart import PATH as RESTART_TOKEN
from novalite.model.change import POWER_ACTIONS, Action, Change
from novalite.model.instance import KEEP, TRASH_DAYS
from novalite.plan import costs
from novalite.plan.power_off import STOP_TIMEOUT_S
from novalite.shared import states

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from novalite.model.image import Image
    from novalite.model.instance import Instance
    from novalite.model.observed import ObservedHost, ObservedInstance
    from novalite.model.placement import Placement
    from novalite.plan.identity import Identity

_CHANGED = (Action.UPDATE, Action.RENAME)
Token = tuple[str, ...]  # something that only one instance can have: a name, a MAC, an address


@attrs.frozen(slots=True)
class Draft:
    """One step of one host."""

    host: str
    action: str
    name: str
    body: Mapping[str, Any]
    frees: frozenset[Token] = frozenset()
    takes: frozenset[Token] = frozenset()
    closes: frozenset[Token] = frozenset()  # barriers that are not open before this is done, on whichever host
    awaits: frozenset[Token] = frozenset()  # barriers behind which it stands, on its own host too


def drafts_of_create(
    desired: Instance,
    placement: Placement,
    who: Identity,
    host: ObservedHost,
    parts: dict[int, object],
    *,
    contended: bool = True,
) -> list[Draft]:
    """Return the step that creates an instance.

    ``parts`` lets the specs of one plan share flavors, images and groups; unless ``contended``, nothing is freed in
    this plan, so what the instance takes need not be told.
    """
    spec = desired.to_spec(who.uuid, who.domain, who.macs, claim=placement.claim)
    for key, noun in (("flavor", desired.flavor), ("image", desired.image), ("group", desired.group)):
        spec[key] = parts.setdefault(id(noun), spec[key])
    born = states.RUNNING if desired.power == RESCUED else desired.power  # the plan after this one rescues it
    body = {"spec": spec, "power": born, "virt_type": host.virt_type}
    return [
        Draft(
            placement.host,
            "create",
            desired.name,
            body,
            takes=_tokens(desired.name, spec) if contended else frozenset(),
        )
    ]


def drafts_of_delivery(image: Image, host: ObservedHost) -> list[Draft]:
    """Return the step that brings an image to a host which lacks it."""
    if image.sha256 in host.images:
        return []
    url = image.source if image.is_remote else None
    what = {"sha256": image.sha256, "format": image.format, "size_bytes": image.size_bytes, "url": url}
    return [Draft(host.name, "image", image.name, {"image": what})]


def images_of(change: Change) -> list[Image]:
    """Return the images that a host needs for a change."""
    desired = change.desired
    if desired is None or change.action not in (Action.CREATE, Action.REBUILD, Action.UPDATE, Action.RENAME):
        return []
    medium = desired.cdrom.medium if desired.cdrom is not None else None
    if change.action in (Action.CREATE, Action.REBUILD):
        return [desired.image, medium] if medium is not None else [desired.image]
    return [medium] if medium is not None and any(field.path.startswith("cdrom") for field in change.fields) else []


def drafts_of_change(change: Change, host: ObservedHost | None = None, *, settle: bool = False) -> list[Draft]:
    """Return the steps of a change to an instance that exists; none for results that only say something.

    ``settle``: what it leaves pending is made true at once, by a reboot.
    """
    item, desired = change.observed, change.desired
    if item is None:
        return []
    if change.action is Action.DELETE:
        body = {"uuid": item.uuid, "disks": list(item.disks)}
        return [Draft(item.host, "delete", item.name, body, frees=_tokens(item.name, item.spec))]
    if change.action is Action.TRASH:
        return [draft_of_trash(item)]
    if change.action is Action.RESTORE:
        return [draft_of_restore(item)]
    if change.action is Action.RELEASE:
        return [Draft(item.host, "release", item.name, {"uuid": item.uuid}, frees=frozenset({("name", item.name)}))]
    if change.action is Action.UNSHELVE:
        return [draft_of_action(Action.UNSHELVE, item, change.name, applied=states.RUNNING)]
    if desired is not None and change.action is Action.RESCUE:
        return [_power(desired, item, Action.RESCUE)]
    if desired is not None and change.action is Action.UNRESCUE:
        return [_unrescue(desired, item)]
    if desired is None or change.action not in (*_CHANGED, Action.REBUILD, Action.SHELVE, *POWER_ACTIONS):
        return []
    found = _drafts_of_fields(change, desired, item, host, settle=settle)
    return [*found, *drafts_of_restart(change, wanted_spec(desired, item))]


def _drafts_of_fields(
    change: Change, desired: Instance, item: ObservedInstance, host: ObservedHost | None, *, settle: bool
) -> list[Draft]:
    found = []
    noted = {"applied": desired.power} if any(field.path == APPLIED for field in change.fields) else {}
    if host is not None and change.action is Action.REBUILD:
        off = {} if desired.stop_timeout_s is None else {"timeout_s": desired.stop_timeout_s}
        found.append(_made(desired, item, "rebuild", {"virt_type": host.virt_type, **off, **noted}))
    elif host is not None and change.action in _CHANGED and any(map(costs.is_defined, change.fields)):
        body = {"uuid": item.uuid, "virt_type": host.virt_type, "destroys": list(costs.destroyed(change))}
        left = {"leave": list(item.ignored)} if item.ignored else {}
        found.append(_made(desired, item, "change", {**body, **left, **noted}, _restarts(change)))
    elif _needs_mark(change):
        found.append(_made(desired, item, "mark", noted, _restarts(change)))
    if any(map(is_done, change.fields)):
        found.append(attrs.evolve(_power(desired, item), closes=frozenset({("up", item.uuid)})))
    elif settle and costs.is_settled(change) and not _restarts(change):
        limit = {} if desired.stop_timeout_s is None else {"timeout_s": desired.stop_timeout_s}
        found.append(draft_of_action(Action.REBOOT, item, desired.name, hard=False, **limit))
    return found


def _needs_mark(change: Change) -> bool:
    """Tell whether a step writes the mark alone."""
    if change.action is Action.REBOOT:
        return False
    return any(field.path != "power" and not costs.restarts(field) for field in change.fields)


def _restarts(change: Change) -> bool:
    """Tell whether a token asks for a restart; a rebuild is one."""
    return change.action is not Action.REBUILD and any(map(costs.restarts, change.fields))


def drafts_of_restart(change: Change, wanted: Mapping[str, Any]) -> list[Draft]:
    """Return the steps that restart an instance whose token asks for it, and then write the token into its mark.

    Not before: one that is interrupted in between is restarted once more, and none is taken for restarted that is not.
    """
    item = change.observed
    if item is None or not _restarts(change):
        return []
    up = frozenset({("up", item.uuid)})
    done = frozenset({("restarted", item.uuid)})
    wish = change.desired.stop_timeout_s if change.desired is not None else None
    limit = {} if wish is None else {"timeout_s": wish}
    reboot = draft_of_action(Action.REBOOT, item, change.name, hard=False, **limit)
    return [
        attrs.evolve(reboot, awaits=up, frees=done),
        Draft(item.host, "restarted", change.name, {"spec": wanted}, takes=done),
    ]


def draft_of_trash(item: ObservedInstance) -> Draft:
    """Return the step that sets an instance aside, as its mark says; its MACs stay its own, its name is free.

    Source: nova/compute/manager.py, soft_delete_instance: the guest's power is taken away at once.
    """
    is_kept = item.spec.get("on_delete") == KEEP
    keep_s = None if is_kept else (item.spec.get("trash_days") or TRASH_DAYS) * _DAY_S
    why = "kept" if is_kept else "trashed"
    body = {"uuid": item.uuid, "disks": list(item.disks), "why": why, "keep_s": keep_s, "timeout_s": 0}
    frees = frozenset(token for token in _tokens(item.name, item.spec) if token[0] != "mac")
    return Draft(item.host, "trash", item.name, body, frees=frees)


def draft_of_restore(item: ObservedInstance) -> Draft:
    """Return the step that brings an instance back from the trash, in the power state that it had."""
    power = (item.state.get("trashed") or {}).get("power")
    goal = _RESTORED.get(str(power), states.SHUTOFF)
    return Draft(item.host, "restore", item.name, {"uuid": item.uuid, "power": goal})


RESCUE_IMAGE = ("name", "sha256", "format", "properties")  # what a rescue carries of its image
# Power state before -> after; what was suspended lost its memory.
_RESTORED = {states.RUNNING: states.RUNNING, states.ASLEEP: states.RUNNING, states.PAUSED: states.PAUSED}
_DAY_S = 86_400


def facts_of_images(images: Iterable[Image]) -> dict[str, dict[str, Any]]:
    """Return what the controller must know of each image that it delivers, by digest."""
    found: dict[str, dict[str, Any]] = {}
    for image in images:
        facts = {"name": image.name, "source": image.source, "format": image.format, "size_bytes": image.size_bytes}
        found.setdefault(image.sha256, facts)
    return dict(sorted(found.items()))


def _made(
    desired: Instance, item: ObservedInstance, action: str, more: Mapping[str, Any], later: bool = False
) -> Draft:
    """Return a step that makes a spec true; where it renames, it frees one name and takes another.

    ``later``: all of it but the restart token, which is written when it was restarted.
    """
    frees = frozenset({("name", item.name)}) if item.name != desired.name else frozenset()
    takes = frozenset({("name", desired.name)}) if item.name != desired.name else frozenset()
    wanted = wanted_spec(desired, item)
    if later:
        wanted.pop(RESTART_TOKEN, None)
        wanted.update((key, value) for key, value in item.spec.items() if key == RESTART_TOKEN)
    held = {str(port.get("mac")) for port in item.spec["ports"]}
    takes |= {("mac", mac) for mac in wanted_macs(desired.ports, item.uuid, item.spec["ports"]) if mac not in held}
    return Draft(item.host, action, desired.name, {"spec": wanted, **more}, frees, takes)


def _unrescue(desired: Instance, item: ObservedInstance) -> Draft:
    """Return the step that ends a declared rescue; a state other than running or shutoff is left to the next plan."""
    is_end = desired.power in (states.RUNNING, states.SHUTOFF)
    more = {"power": desired.power, "applied": desired.power} if is_end else {}
    limit = STOP_TIMEOUT_S if desired.stop_timeout_s is None else desired.stop_timeout_s
    return draft_of_action(Action.UNRESCUE, item, desired.name, timeout_s=limit, **more)


def _power(desired: Instance, item: ObservedInstance, action: Action | None = None) -> Draft:
    """Return the step that brings it to the declared state; the host then keeps that it was applied."""
    action = action or power_action(desired.power, item.power)
    wish = desired.stop_timeout_s if action in (Action.STOP, Action.SHELVE, Action.RESCUE) else None
    more: dict[str, Any] = {} if wish is None else {"timeout_s": wish}
    if action is Action.RESCUE:
        more |= {"image": {key: item.spec["image"][key] for key in RESCUE_IMAGE}, "declared": True}
    return draft_of_action(action, item, desired.name, applied=desired.power, **more)


def draft_of_action(action: Action, item: ObservedInstance, name: str, **more: Any) -> Draft:
    """Return the step of one power action; a guest that is to power itself off has time for it."""
    body: dict[str, Any] = {"uuid": item.uuid, **more}
    if action in (Action.STOP, Action.REBOOT, Action.SHELVE, Action.RESCUE):
        body.setdefault("timeout_s", STOP_TIMEOUT_S)
    return Draft(item.host, action.value, name, body)


def _tokens(name: str, spec: Mapping[str, Any]) -> frozenset[Token]:
    found: set[Token] = {("name", name)}
    for port in spec["ports"]:
        found.add(("mac", str(port["mac"])))
        for holder in (port, *(port.get("subnets") or ())):
            if holder.get("fixed_ip"):
                found.add(("ip", str(port.get("kind")), str(port.get("source")), str(holder["fixed_ip"])))
    return frozenset(found)
