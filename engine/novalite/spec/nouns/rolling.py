# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling changes of a set of instances, as its server group or its entry says. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from novalite.model.rolling import AGENT, PORT, READY_KINDS, READY_TIMEOUT_S, SERIAL, Ready, Rolling
from novalite.spec import ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.image import Image
    from novalite.spec.context import Context
    from novalite.spec.sources import Path


def build_rolling(context: Context, entry: Mapping[str, Any], of: str, path: Path) -> Rolling | None:
    """Return what an entry says at ``path``, the way to its key ``rolling``; None where it says nothing."""
    said = entry.get("rolling")
    if said is None:
        return None
    most, canary = said.get("max_unavailable", 1), said.get("canary", 0)
    if isinstance(most, int) and canary > most:
        summary = f"a canary of {canary} takes down more than max_unavailable, which is {most}"
        context.add(ids.ROLLING, summary, (*path, "canary"))
    ready = _ready(context, said.get("ready") or {}, (*path, "ready"))
    pause_s = context.seconds(said.get("pause", "0s"), (*path, "pause"))
    return Rolling(of, most, canary, ready, pause_s, context.declared.entry(str(path[0]), str(path[1])))


def _ready(context: Context, said: Mapping[str, Any], path: Path) -> Ready:
    timeout_s = context.seconds(said.get("timeout", f"{READY_TIMEOUT_S}s"), (*path, "timeout"))
    kinds = [kind for kind in READY_KINDS if kind in said]
    if len(kinds) > 1:
        summary = f"ready says {' and '.join(kinds)}, and one thing is waited for"
        context.add(ids.ROLLING, summary, path, of_key=True, help="keep the one that comes last in the guest")
    if not kinds:
        return Ready(timeout_s=timeout_s)
    value = said[kinds[0]]
    if kinds[0] == SERIAL:
        try:
            re.compile(value)
        except re.error as error:
            context.add(ids.ROLLING, f"not a regular expression: {error}", (*path, SERIAL))
    return Ready(kinds[0], value, timeout_s)


def check_members(context: Context, fields: Mapping[str, Any], path: Path, count: int | None) -> None:
    """Note where the instances of an entry at ``path`` cannot roll as is said."""
    own = fields.get("rolling")
    group = fields.get("group")
    of_group = group.rolling if group is not None else None
    if own is not None and count is None:
        summary = "rolling is said of a set: of an entry with count, or of a server group"
        context.add(ids.ROLLING, summary, (*path, "rolling"), of_key=True)
    if own is not None and group is not None and of_group is not None:
        related = (("and here", of_group.where),) if of_group.where else ()
        summary = f"both these instances and their group {group.name} say how they roll"
        context.add(ids.ROLLING, summary, (*path, "rolling"), of_key=True, related=related, help="take one away")
    rolling = own or of_group
    if rolling is None:
        return
    where = (*path, "rolling", "ready") if own is not None else path
    if rolling.ready.kind == PORT and not fields.get("ports"):
        summary = f"{rolling.of} waits for port {rolling.ready.value}, and these instances have no network"
        context.add(ids.ROLLING, summary, where, of_key=True)
    if rolling.ready.kind == AGENT and not _has_agent(fields.get("image")):
        summary = f"{rolling.of} waits for the guest's agent, and the image says that it has none (hw_qemu_guest_agent)"
        context.add(ids.ROLLING, summary, where, of_key=True)


def _has_agent(image: Image | None) -> bool:
    from novalite.shared import wishes  # most fleets do not ask

    return image is None or wishes.is_yes(image.properties.get("hw_qemu_guest_agent"), True)
