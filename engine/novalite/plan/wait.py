# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instances a plan waits for, as their ``wait_for`` says: those that it makes, rebuilds or starts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.natural import natural_key
from novalite.plan.draft import Draft
from novalite.shared import states

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.plan import Step
    from novalite.model.rolling import Ready
    from novalite.plan.rolling import RollingSet

_BEGINS = frozenset({"create", "rebuild", "start", "unshelve", "unrescue", "reboot", "restore"})


def with_waits(fleet: Fleet, drafts: Sequence[Draft]) -> list[Draft]:
    """Return the drafts, with a step that waits behind those that bring an instance up; sets in waves have theirs."""
    found = list(drafts)
    waited = {str(draft.body["uuid"]) for draft in drafts if draft.action == "ready"}
    for index, draft in enumerate(drafts):
        ready = _ready(fleet.instances.get(draft.name), draft)
        uuid = str(draft.body["spec"]["uuid"] if "spec" in draft.body else draft.body.get("uuid", ""))
        if ready is None or uuid in waited:
            continue
        waited.add(uuid)
        done = frozenset({("begun", uuid)})
        found[index] = attrs.evolve(draft, frees=draft.frees | done)
        body = {"uuid": uuid, "ready": ready.to_body(), "timeout_s": ready.timeout_s}
        found.append(Draft(draft.host, "ready", draft.name, body, takes=done))
    return found


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
