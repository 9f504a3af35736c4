# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instances a plan waits for, as their ``wait_for`` says: those that it makes, rebuilds or starts, and those
that were waited for in vain before. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.natural import natural_key
from novalite.plan.draft import Draft
from novalite.shared import states

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.plan import Step
    from novalite.model.rolling import Ready
    from novalite.model.snapshot import Snapshot
    from novalite.plan.rolling import RollingSet

_BEGINS = frozenset({"create", "rebuild", "start", "unshelve", "unrescue", "reboot", "restore"})


def with_waits(fleet: Fleet, snapshot: Snapshot, drafts: Sequence[Draft]) -> list[Draft]:
    """Return the drafts, with a step that waits behind those that bring an instance up; sets in waves have theirs."""
    if not any(instance.wait_for for instance in fleet.instances.values()):
        return list(drafts)
    found = [*drafts, *_again(fleet, snapshot, drafts)]
    waited = {str(draft.body["uuid"]) for draft in drafts if draft.action == "ready"}
    for index, draft in enumerate(drafts):
        ready = _ready(fleet.instances.get(draft.name), draft)
        uuid = _uuid(draft)
        if ready is None or uuid in waited:
            continue
        waited.add(uuid)
        done = frozenset({("begun", uuid)})
        found[index] = attrs.evolve(draft, frees=draft.frees | done)
        found.append(Draft(draft.host, "ready", draft.name, _body(uuid, ready), takes=done))
    return found


def _again(fleet: Fleet, snapshot: Snapshot, drafts: Sequence[Draft]) -> Iterator[Draft]:
    """Yield the steps of those that run, were not ready when they were last waited for, and are left as they are."""
    touched = {_uuid(draft) for draft in drafts}
    for item in snapshot.instances():
        wanted = fleet.instances.get(item.name) if item.project == fleet.project else None
        ready = wanted.wait_for if wanted is not None and wanted.power == item.power == states.RUNNING else None
        if ready is not None and item.unready_reason is not None and item.uuid not in touched:
            yield Draft(item.host, "ready", item.name, _body(item.uuid, ready))


def _body(uuid: str, ready: Ready) -> dict[str, Any]:
    return {"uuid": uuid, "ready": ready.to_body(), "timeout_s": ready.timeout_s}


def _uuid(draft: Draft) -> str:
    return str(draft.body["spec"]["uuid"] if "spec" in draft.body else draft.body.get("uuid", ""))


def _ready(instance: Instance | None, draft: Draft) -> Ready | None:
    """Return what is waited for behind a step, if anything is."""
    if instance is None or instance.power != states.RUNNING or draft.action not in _BEGINS:
        return None
    return instance.wait_for


def told(fleet: Fleet, waves: Sequence[Sequence[Step]], sets: Sequence[RollingSet]) -> tuple[Mapping[str, Any], ...]:
    """Return what the plan says of whom it waits for, those that wait for the same together; not of sets in waves."""
    in_sets = {member.name for one in sets for member in one.members}
    found: dict[tuple[int, Ready], list[str]] = {}
    for number, wave in enumerate(waves):
        for step in wave:
            instance = fleet.instances.get(step.name)
            if step.action == "ready" and instance is not None and instance.wait_for and step.name not in in_sets:
                found.setdefault((number, instance.wait_for), []).append(step.name)
    return tuple(
        {"wave": number, "names": sorted(names, key=natural_key), "ready": ready.text, "timeout_s": ready.timeout_s}
        for (number, ready), names in found.items()
    )
