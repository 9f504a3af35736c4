# SPDX-License-Identifier: GPL-3.0-or-later
"""From a flavor with hardware to the claim in a plan: what hosts report, what is taken, what a deletion gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from builders import LAN, make_facts, make_flavor, make_fleet, make_instance, make_present, make_snapshot
from novalite.model.claim import Claim, ClaimedCell, ClaimedDevice
from novalite.model.pci import PciRequest
from novalite.model.port import Port
from novalite.plan.build import reconcile

if TYPE_CHECKING:
    from novalite.model.plan import Plan

CELLS = [
    {
        "id": number,
        "cpus": f"{first}-{first + 3}",
        "memory_mib": 4096,
        "siblings": [f"{first},{first + 1}", f"{first + 2},{first + 3}"],
        "pages": [{"size_kib": 4, "total": 786432}, {"size_kib": 2048, "total": 512, "free": 512}],
    }
    for number, first in ((0, 0), (1, 4))
]
GPU = {"address": "0000:81:00.0", "vendor_id": "10de", "product_id": "20b0", "type": "type-PCI", "numa_node": 1}
PINNED = {"hw:cpu_policy": "dedicated", "hw:mem_page_size": "large"}


def facts(*present: Any, name: str = "kvm-1", pci: Any = (GPU,)) -> dict[str, Any]:
    sets = {"dedicated": "2-3,6-7", "shared": "0-1,4-5"}
    return make_facts(name, *present, numa=CELLS, cpu_sets=sets, pci=list(pci), cpus=8)


def trainer(name: str, **rest: Any) -> Any:
    asked = (PciRequest("gpu", 1, ((("vendor_id", "10de"),),), "required"),)
    flavor = make_flavor("trainer", vcpus=2, ram_mib=1024, extra_specs=PINNED, pci=asked)
    return make_instance(name, flavor=flavor, ports=(Port(LAN),), **rest)


CLAIM = Claim(
    cells=(ClaimedCell(0, 1, (), ((0, 6), (1, 7)), 1024, 2048),),
    emulator_cpus=(6, 7),
    pci=(ClaimedDevice("gpu", "0000:81:00.0"),),
)


def created(plan: Plan) -> dict[str, Any]:
    [spec] = [step.body["spec"] for wave in plan.waves for step in wave if step.action == "create"]
    return dict(spec)


def test_a_created_instance_has_its_claim_in_its_spec() -> None:
    plan = reconcile(make_fleet(trainer("a")), make_snapshot(facts()))
    assert created(plan)["claim"] == CLAIM.to_spec()


def holder(name: str) -> dict[str, Any]:
    """The same instance on its host, as the host would report it."""
    holds = {
        "cells": [{"host_cell": 1, "floating": 0, "pinned": [6, 7], "memory_mib": 1024, "page_size_kib": 2048}],
        "pci": ["0000:81:00.0"],
    }
    return {**make_present(trainer(name), claim=CLAIM.to_spec()), "holds": holds}


def test_what_is_held_is_not_given_again() -> None:
    plan = reconcile(make_fleet(trainer("a"), trainer("b")), make_snapshot(facts(holder("a"))))
    [problem] = plan.problems
    assert "PCI devices gpu: 1 asked, 0 free" in problem.detail + problem.summary


def test_what_is_deleted_is_given_again() -> None:
    plan = reconcile(make_fleet(trainer("b")), make_snapshot(facts(holder("a"))))
    assert created(plan)["claim"] == CLAIM.to_spec()


def test_what_has_a_claim_moves_to_where_it_can_be_claimed() -> None:
    """The pin says where; that host must have the CPUs, the pages and the device, free as they are now."""
    fleet, here = make_fleet(trainer("a", host="kvm-2")), facts(holder("a"))
    plan = reconcile(fleet, make_snapshot(here, facts(name="kvm-2")))
    assert [(change.action, change.host) for change in plan.changes] == [("move", "kvm-2")]
    stuck = reconcile(fleet, make_snapshot(here, facts(name="kvm-2", pci=())))
    assert [problem.id for problem in stuck.problems] == ["NV0313"]
    assert "a: NUMATopologyFilter" in stuck.problems[0].detail
