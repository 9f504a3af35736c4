# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling changes of a set of instances, as its server group or its entry says. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.model.rolling import Rolling
from novalite.spec import ids
from novalite.spec.nouns.ready import check_ready, read_ready

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    ready = read_ready(context, said.get("ready") or {}, (*path, "ready"), ids.ROLLING)
    pause_s = context.seconds(said.get("pause", "0s"), (*path, "pause"))
    return Rolling(of, most, canary, ready, pause_s, context.declared.entry(str(path[0]), str(path[1])))


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
    check_ready(context, fields, rolling.ready, rolling.of, where, ids.ROLLING)
