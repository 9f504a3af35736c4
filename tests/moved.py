# SPDX-License-Identifier: GPL-3.0-or-later
"""Worlds for tests of moves: a fleet's text, hosts that hold what an earlier text declared, and the plan for both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from builders import make_facts, make_present, make_snapshot
from novalite.plan.build import reconcile
from novalite.spec.load import load_fleet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.fleet import Fleet
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot

HEAD = f"""\
novalite: 1
project: shop
flavors:
  small: {{vcpus: 1, ram: 512MiB, disk: 4GiB}}
  large: {{vcpus: 4, ram: 2GiB, disk: 8GiB}}
  quick: {{vcpus: 1, ram: 512MiB, disk: 4GiB, extra_specs: {{"trait:CUSTOM_NVME": required}}}}
  ssd: {{vcpus: 1, ram: 512MiB, disk: 4GiB, extra_specs: {{"aggregate_instance_extra_specs:ssd": "true"}}}}
  fast: {{vcpus: 1, ram: 512MiB, disk: 4GiB, extra_specs: {{ssd: "true"}}}}
images:
  debian-12: {{source: "https://images.example.org/debian-12.qcow2", sha256: "{"d" * 64}"}}
  locked: {{source: "https://images.example.org/locked.qcow2", sha256: "{"e" * 64}"}}
networks:
  lan: {{libvirt: default, cidr: 192.168.122.0/24}}
defaults: {{flavor: small, image: debian-12, networks: [lan]}}
"""


def fleet_of(folder: Path, text: str) -> Fleet:
    """Return the fleet that the head and a text declare."""
    path = folder / "fleet.yml"
    path.write_text(HEAD + text)
    fleet, problems = load_fleet(path)
    assert fleet is not None, problems
    assert not [problem for problem in problems if problem.severity == "error"], problems
    return fleet


def hosts_with(fleet: Fleet, living: Mapping[str, str], hosts: Mapping[str, Mapping[str, Any]]) -> Snapshot:
    """Return hosts that hold a fleet's instances, each where ``living`` says; ``hosts``: name -> facts."""
    present: dict[str, list[dict[str, Any]]] = {name: [] for name in hosts}
    for name, host in living.items():
        present[host].append(make_present(fleet.instances[name]))
    return make_snapshot(*[make_facts(name, *present[name], **facts) for name, facts in hosts.items()])


def plan_of(
    folder: Path, before: str, after: str, living: Mapping[str, str], hosts: Mapping[str, Mapping[str, Any]]
) -> Plan:
    """Return the plan for a text, on hosts that hold what an earlier one declared."""
    snapshot = hosts_with(fleet_of(folder, before), living, hosts)
    return reconcile(fleet_of(folder, after), snapshot)


def moves(plan: Plan) -> list[tuple[str, str, str]]:
    """Return (instance, from, to) of each move, in the order in which they are to be made."""
    found = [
        (step["number"], change.name, step["from"], step["to"])
        for change in plan.changes
        for step in change.placement.get("moves", ())
    ]
    assert [number for number, *_ in sorted(found)] == list(range(1, len(found) + 1))
    return [(name, source, target) for _, name, source, target in sorted(found)]


def line(plan: Plan, index: int = 0) -> str | None:
    """Return the line of the fleet's text that a problem of the plan points at."""
    where = plan.problems[index].where
    return None if where is None else Path(where.file).read_text().splitlines()[where.line - 1].strip()
