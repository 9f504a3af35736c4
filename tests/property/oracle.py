# SPDX-License-Identifier: GPL-3.0-or-later
"""A slow scheduler in plain Python, written from Nova's and Placement's rules, sharing no code with the engine's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance

Facts = dict[str, Any]


def natural(name: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def place_all(fleet: Fleet, hosts: dict[str, Facts]) -> dict[str, str | None]:
    """Return instance -> host for a fleet of which nothing exists yet."""
    used = {name: dict(facts["used"]) for name, facts in hosts.items()}
    groups: dict[str, dict[str, int]] = {}
    found: dict[str, str | None] = {}
    for name in sorted(fleet.instances, key=natural):
        instance = fleet.instances[name]
        ok = [host for host in sorted(hosts, key=natural) if passes(instance, host, hosts[host], used[host], groups)]
        if not ok:
            found[name] = None
            continue
        best = choose(instance, ok, hosts, used, groups)
        found[name] = best
        for resource, amount in asked(instance).items():
            used[best][resource] = used[best].get(resource, 0) + amount
        if instance.group:
            members = groups.setdefault(instance.group.name, {})
            members[best] = members.get(best, 0) + 1
    return found


def asked(instance: Instance) -> dict[str, int]:
    flavor = instance.flavor
    disk = flavor.disk_gib + flavor.ephemeral_gib + (flavor.swap_mib + 1023) // 1024
    return {"VCPU": flavor.vcpus, "MEMORY_MB": flavor.ram_mib, "DISK_GB": disk}


def offer(facts: Facts, resource: str) -> tuple[int, int, float]:
    total = {"VCPU": facts["cpus"], "MEMORY_MB": facts["memory_mib"], "DISK_GB": facts["disk_gib"]}[resource]
    said = facts["config"]["inventories"].get(resource, {})
    reserved = said.get("reserved", min(512, total) if resource == "MEMORY_MB" else 0)
    return total, reserved, said.get("allocation_ratio", 4.0 if resource == "VCPU" else 1.0)


def passes(instance: Instance, host: str, facts: Facts, used: dict[str, int], groups: dict[str, Any]) -> bool:
    if not facts["config"]["enabled"] or instance.host not in (None, host):
        return False
    if instance.availability_zone is not None and instance.availability_zone != facts["config"]["zone"]:
        return False
    for key, value in instance.flavor.extra_specs.items():
        if key.startswith("trait:") and (key[6:] in facts["config"]["traits"]) != (value == "required"):
            return False
    for resource, amount in asked(instance).items():
        total, reserved, ratio = offer(facts, resource)
        if amount and (used.get(resource, 0) + amount > (total - reserved) * ratio or amount > total):
            return False
    group = instance.group
    members = groups.get(group.name, {}) if group else {}
    if group and group.policy == "anti-affinity" and members.get(host, 0) >= group.max_server_per_host:
        return False
    return not (group and group.policy == "affinity" and members and host not in members)


def choose(
    instance: Instance, ok: list[str], hosts: dict[str, Facts], used: dict[str, Any], groups: dict[str, Any]
) -> str:
    if len(ok) == 1:
        return ok[0]
    columns = []
    for resource in ("MEMORY_MB", "VCPU", "DISK_GB"):
        values = []
        for host in ok:
            total, reserved, ratio = offer(hosts[host], resource)
            whole = total * ratio if resource == "VCPU" else float(total - reserved)
            scale = 1024.0 if resource == "DISK_GB" else 1.0
            values.append(max(0.0, (whole - used[host].get(resource, 0)) * scale))
        columns.append(scaled(values, 0.0))
    policy = instance.group.policy if instance.group else ""
    if policy.startswith("soft"):
        members = groups.get(instance.group.name, {}) if instance.group else {}
        sign = 1.0 if policy == "soft-affinity" else -1.0
        columns.append(scaled([sign * members.get(host, 0) for host in ok], None))
    totals = [0.0] * len(ok)
    for column in columns:
        totals = [total + value for total, value in zip(totals, column, strict=True)]
    return ok[totals.index(max(totals))]


def scaled(values: list[float], low: float | None) -> list[float]:
    low = min(values) if low is None else low
    high = max(values)
    return [0.0 if high == low else (value - low) / (high - low) for value in values]
