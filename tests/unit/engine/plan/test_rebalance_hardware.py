# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves that pay, of instances with pinned CPUs or on shared storage: what they leave is free, what they get is not."""

from __future__ import annotations

from typing import Any

import attrs

from builders import instance_facts, make_facts, make_flavor, make_fleet, make_instance, make_snapshot
from novalite.model.aggregate import Aggregate
from novalite.model.claim import Claim, ClaimedCell
from novalite.model.image import Image
from novalite.model.provider import SharingProvider
from novalite.model.resource import Inventory
from novalite.plan.ask import requests_of, standing
from novalite.plan.rebalance import rebalance_fleet
from novalite.schedule.search import Living, rebalance

BARE = Image("debian-12", "/images/debian-12.qcow2", "d" * 64, "qcow2", size_bytes=1000)
PINNED = make_flavor("pinned", vcpus=2, ram_mib=1024, extra_specs={"hw:cpu_policy": "dedicated"})


def on_host(name: str, cpus: tuple[int, int]) -> dict[str, Any]:
    """One pinned instance, as its host would report it."""
    claim = Claim((ClaimedCell(0, 0, (), ((0, cpus[0]), (1, cpus[1])), 1024),), emulator_cpus=cpus)
    one = make_instance(name, flavor=PINNED, image=BARE, ports=())
    spec = one.to_spec(f"00000000-0000-4000-8000-00000000000{cpus[0]}", f"shop.{name}", []) | {"claim": claim.to_spec()}
    cells = [{"host_cell": 0, "floating": 0, "pinned": list(cpus), "memory_mib": 1024, "page_size_kib": None}]
    return {**instance_facts(spec, "running"), "holds": {"cells": cells, "pci": []}}


def facts(name: str, *present: Any, dedicated: str = "2-5") -> dict[str, Any]:
    numa = [{"id": 0, "cpus": "0-7", "memory_mib": 8192}]
    return make_facts(name, *present, numa=numa, cpus=8, cpu_sets={"dedicated": dedicated, "shared": "0-1"})


def fleet_of(*names: str, **rest: Any) -> Any:
    return attrs.evolve(
        make_fleet(*(make_instance(name, flavor=PINNED, image=BARE, ports=()) for name in names)), **rest
    )


def test_a_pinned_instance_goes_where_it_can_be_pinned() -> None:
    """On the other host there is room for one of the two, or in no cell for both of its CPUs."""
    full = facts("kvm-1", on_host("a", (2, 3)), on_host("b", (4, 5)))
    found = rebalance_fleet(fleet_of("a", "b"), make_snapshot(full, facts("kvm-2")))
    assert [(move.source, move.target) for move in found.moves] == [("kvm-1", "kvm-2")]
    assert found.after is not None
    assert found.after.highest == 0.5
    apart = [{"id": number, "cpus": str(number), "memory_mib": 2048} for number in range(4)]
    odd = make_facts("kvm-2", numa=apart, cpus=4, cpu_sets={"dedicated": "0-3", "shared": "4"})
    assert rebalance_fleet(fleet_of("a", "b"), make_snapshot(full, odd)).moves == ()


def test_what_can_only_be_done_in_part_is_done_in_part() -> None:
    """By the numbers the other host would take two of the four; but only one of its cells has two CPUs."""
    present = [on_host(name, (cpu, cpu + 1)) for name, cpu in (("a", 0), ("b", 2), ("c", 4), ("d", 6))]
    sets = {"dedicated": "0-7", "shared": "8"}
    one = [{"id": 0, "cpus": "0-8", "memory_mib": 8192}]
    cells = [{"id": 0, "cpus": "0-2", "memory_mib": 2048}]
    cells += [{"id": number, "cpus": str(2 + number), "memory_mib": 2048} for number in range(1, 6)]
    hosts = [make_facts("kvm-1", *present, numa=one, cpus=9, cpu_sets=sets)]
    hosts.append(make_facts("kvm-2", numa=cells, cpus=9, cpu_sets=sets))
    found = rebalance_fleet(fleet_of("a", "b", "c", "d"), make_snapshot(*hosts))
    assert [move.target for move in found.moves] == ["kvm-2"]


def test_the_table_is_left_as_it_was() -> None:
    """CPUs, storage that is shared, members: whatever was tried."""
    pool = SharingProvider("nfs", ("all",), {"DISK_GB": Inventory(100)})
    fleet = fleet_of("a", "b", aggregates=(Aggregate("all", ("kvm-1", "kvm-2")),), sharing_providers=(pool,))
    snapshot = make_snapshot(facts("kvm-1", on_host("a", (2, 3)), on_host("b", (4, 5))), facts("kvm-2"))
    now = standing(fleet, snapshot)

    def state() -> Any:
        from novalite.schedule.numa.hardware import hardware_of

        hardware = hardware_of(now.table)
        columns = [now.table.resource(name).free.tolist() for name in ("PCPU", "VCPU", "MEMORY_MB", "DISK_GB")]
        return columns, [hardware.state(row).cells for row in range(2)], now.table.num_instances.tolist()

    before = state()
    specs = {item.name: item.spec for item in snapshot.instances()}
    residents = [
        Living(request, now.homes[request.name], spec=specs[request.name])
        for request in requests_of(fleet, now.homes, now.uuids)
    ]
    assert rebalance(now.table, residents, "spread").moves
    assert state() == before
    assert before[0][3] == [92, 92]
