# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge a plan file by the snapshot and itself alone: the creations it holds, against what its hosts reported.

No code of the engine: hosts are read as the JSON that they are (novalite.snapshot/1), instances are the specs that the
plan would hand to hosts. The defaults of inventories are written down here once more.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from schedule.checker import Judge

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULTS = {"VCPU": {"allocation_ratio": 4.0}, "MEMORY_MB": {"reserved": 512}, "DISK_GB": {}}
FACTS = {"VCPU": "cpus", "MEMORY_MB": "memory_mib", "DISK_GB": "disk_gib"}


def wrongs(plan: Mapping[str, Any], snapshot: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with the placements of a plan that creates instances on hosts without any."""
    hosts = [_host(name, facts) for name, facts in snapshot["hosts"].items()]
    steps = [step for wave in plan["waves"] for step in wave if step["action"] == "create"]
    where = {step["name"]: step["host"] for step in steps}
    requests = [_request(step["name"], step["body"]["spec"]) for step in steps]
    said = {change["name"]: change["host"] for change in plan["changes"] if change["action"] == "create"}
    judge = Judge(hosts, requests)
    found = judge.violations(where)
    return found + [f"{name}: a change says {host}, the step {where.get(name)}" for name, host in said.items()
                    if host is not None and where.get(name) != host]  # fmt: skip


def _host(name: str, facts: Mapping[str, Any]) -> SimpleNamespace:
    config = facts["config"]
    inventories = {}
    for resource, fact in FACTS.items():
        held = {"total": facts[fact], "reserved": 0, "allocation_ratio": 1.0, "min_unit": 1, "max_unit": 2**31 - 1}
        held |= {"step_size": 1} | DEFAULTS[resource] | config["inventories"].get(resource, {})
        inventories[resource] = SimpleNamespace(**held)
    networks = [("libvirt", network) for network, state in facts["networks"].items() if state["active"]]
    return SimpleNamespace(
        name=name,
        zone=config["zone"],
        enabled=config["enabled"],
        up=True,
        traits=frozenset(config["traits"]),
        inventories=inventories,
        used=facts["used"],
        providers=(),
        networks=frozenset(networks + [("bridge", bridge) for bridge in facts["bridges"]]),
    )


def _request(name: str, spec: Mapping[str, Any]) -> SimpleNamespace:
    flavor, group = spec["flavor"], spec["group"]
    amounts = {"VCPU": flavor["vcpus"], "MEMORY_MB": flavor["ram_mib"]}
    amounts["DISK_GB"] = flavor["disk_gib"] + flavor["ephemeral_gib"] + -(-flavor["swap_mib"] // 1024)
    wanted = {key.removeprefix("trait:"): value for key, value in flavor["extra_specs"].items() if key[:6] == "trait:"}
    shape = SimpleNamespace(
        resources=tuple((resource, amount) for resource, amount in amounts.items() if amount),
        required=frozenset(trait for trait, value in wanted.items() if value == "required"),
        forbidden=frozenset(trait for trait, value in wanted.items() if value == "forbidden"),
        any_of=(),
        root_required=frozenset(),
        root_forbidden=frozenset(),
        groups=(),
        member_of=(),
        not_member_of=frozenset(),
        zone=spec["availability_zone"],
        host=spec["host"],
        networks=frozenset((port["kind"], port["source"]) for port in spec["ports"]),
    )
    return SimpleNamespace(name=name, shape=shape, group=SimpleNamespace(**group) if group else None)
