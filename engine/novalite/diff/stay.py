# SPDX-License-Identifier: GPL-3.0-or-later
"""May an instance stay where it is? Placement is not identity: one that was moved by hand is left alone if the rules
allow it there. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

from novalite.model.server_group import AFFINITY, ANTI_AFFINITY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.diff.index import Index
    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.snapshot import Snapshot


@attrs.frozen(slots=True)
class Standing:
    """Where hosts are, and how many members of each group stand on each."""

    zones: Mapping[str, str | None]  # host -> zone
    members: Mapping[str, Counter[str]]  # group -> host -> members


def standing(fleet: Fleet, snapshot: Snapshot, index: Index) -> Standing:
    """Return what the rules are held against: the desired instances, where they were found."""
    members: dict[str, Counter[str]] = {}
    for name, holders in index.found.items():
        group = fleet.instances[name].group
        if group is not None:
            members.setdefault(group.name, Counter()).update(item.host for item in holders)
    zones = {host.name: host.zone for host in snapshot.hosts.values()} | fleet.zones()
    return Standing(zones, members)


def fault(desired: Instance, host: str, where: Standing) -> tuple[str, str] | None:
    """Return (field, what is wrong) if the instance may not stay on its host, else None."""
    if desired.host is not None and desired.host != host:
        return "host", f"it is pinned to {desired.host} and lives on {host}; moving is not possible yet"
    zone = desired.availability_zone
    if zone is not None and where.zones.get(host) != zone:
        said = where.zones.get(host) or "no zone"
        return "availability_zone", f"it belongs in {zone} and lives on {host} in {said}; moving is not possible yet"
    return _group_fault(desired, host, where) if desired.group is not None else None


def _group_fault(desired: Instance, host: str, where: Standing) -> tuple[str, str] | None:
    group = desired.group
    hosts = where.members.get(group.name) if group else None
    if group is None or hosts is None:
        return None
    if group.policy == ANTI_AFFINITY and hosts[host] > group.max_server_per_host:
        count, limit = hosts[host], group.max_server_per_host
        crowd = f"{host} holds {count} members of {group.name} (anti-affinity, at most {limit})"
        return "group", f"{crowd}; moving is not possible yet"
    if group.policy == AFFINITY and len(hosts) > 1:
        there = ", ".join(sorted(hosts))
        return "group", f"members of {group.name} (affinity) are on {there}; moving is not possible yet"
    return None
