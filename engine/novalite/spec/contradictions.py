# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules between instances that cannot all hold. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from novalite.model.server_group import AFFINITY, ANTI_AFFINITY
from novalite.shared import names
from novalite.spec import ids
from novalite.spec.suggest import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.instance import Instance
    from novalite.spec.context import Context


def find_contradictions(context: Context, instances: Mapping[str, Instance]) -> None:
    """Note every contradiction between instances."""
    _check_moves(context, instances)
    _check_pins(context, instances)


def _declared_name(context: Context, instance: Instance) -> str:
    """Return the name an instance was declared by: without its number, where it has a count."""
    return instance.name if instance.name in context.section("instances") else instance.name.rpartition("-")[0]


def _check_moves(context: Context, instances: Mapping[str, Instance]) -> None:
    takers: dict[str, Instance] = {}
    for instance in instances.values():
        former = instance.moved_from
        if former is None:
            continue
        path = ("instances", _declared_name(context, instance), "moved", "from")
        if former == instance.name:
            context.add(ids.MOVED, "moved from its own name", path, help="take the line away")
        elif former in instances:
            related = (("still declared", instances[former].where),) if instances[former].where else ()
            summary = f"{instance.name} is moved from {shown(former)}, which is still in the fleet"
            context.add(ids.MOVED, summary, path, related=related)
        elif not names.is_name(former):
            context.add(ids.MOVED, f"{shown(former)} cannot have been a name", path)
        first = takers.setdefault(former, instance)
        if first is not instance:
            related = (("first here", first.where),) if first.where else ()
            summary = f"{instance.name} and {first.name} are both moved from {shown(former)}"
            context.add(ids.MOVED, summary, path, related=related)


def _check_pins(context: Context, instances: Mapping[str, Instance]) -> None:
    pinned: defaultdict[str, list[Instance]] = defaultdict(list)
    for instance in instances.values():
        if instance.host is not None and instance.group is not None:
            pinned[instance.group.name].append(instance)
    for group_name, members in pinned.items():
        group = members[0].group
        hosts = Counter(str(member.host) for member in members)
        if group is None:
            continue
        if group.policy == AFFINITY and len(hosts) > 1:
            summary = f"affinity keeps group {group_name} on one host, and {', '.join(sorted(hosts))} are pinned"
            _add_pin_problem(context, members[-1], summary)
        for host, count in hosts.items():
            if group.policy == ANTI_AFFINITY and count > group.max_server_per_host:
                summary = f"anti-affinity allows {group.max_server_per_host} of group {group_name} on a host, "
                last = [member for member in members if member.host == host][-1]
                _add_pin_problem(context, last, summary + f"and {count} are pinned to {host}")


def _add_pin_problem(context: Context, instance: Instance, summary: str) -> None:
    name = _declared_name(context, instance)
    section = "instances" if "host" in context.section("instances").get(name, {}) else "defaults"
    path = (section, name, "host") if section == "instances" else (section, "host")
    context.add(ids.PIN_AND_GROUP, summary, path)
