# SPDX-License-Identifier: GPL-3.0-or-later
"""Server groups of a fleet. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.server_group import ANTI_AFFINITY, ServerGroup
from novalite.spec import ids
from novalite.spec.nouns.rolling import build_rolling

if TYPE_CHECKING:
    from novalite.spec.context import Context


def build_server_groups(context: Context) -> dict[str, ServerGroup]:
    """Return the server groups by name. Source: nova/api/openstack/compute/server_groups.py (rule of anti-affinity)."""
    groups = {}
    for name, entry, path in context.entries("server_groups"):
        if "max_server_per_host" in entry and entry["policy"] != ANTI_AFFINITY:
            summary = f"max_server_per_host has a meaning for anti-affinity only, and this is {entry['policy']}"
            context.add(ids.GROUP_RULE, summary, (*path, "max_server_per_host"), of_key=True)
        rolling = build_rolling(context, entry, f"server group {name}", (*path, "rolling"))
        where = context.declared.entry("server_groups", name)
        groups[name] = ServerGroup(name, entry["policy"], entry.get("max_server_per_host", 1), rolling, where)
    return groups
