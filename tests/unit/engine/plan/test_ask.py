# SPDX-License-Identifier: GPL-3.0-or-later
"""Capacity is by the rules of the plan: so many more are placed, and not one more; on every kind of world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from builders import (
    instance_facts,
    make_facts,
    make_flavor,
    make_fleet,
    make_foreign,
    make_instance,
    make_present,
    make_snapshot,
)
from novalite.model.aggregate import Aggregate
from novalite.model.image import Image
from novalite.model.observed import ObservedHost
from novalite.model.pci import PciRequest
from novalite.model.provider import SharingProvider
from novalite.model.resource import Inventory
from novalite.model.survival import PROVEN, REFUTED, Goal
from novalite.plan.ask import ask_capacity, ask_survival, standing
from novalite.plan.build import reconcile
from novalite.schedule.what_if import Change, imagine

if TYPE_CHECKING:
    from novalite.model.snapshot import Snapshot

BARE = Image("debian-12", "/images/debian-12.qcow2", "d" * 64, "qcow2", size_bytes=1000)
CELLS = [
    {
        "id": number,
        "cpus": f"{first}-{first + 5}",
        "memory_mib": 4096,
        "pages": [{"size_kib": 4, "total": 524288}, {"size_kib": 2048, "total": 768}],
    }
    for number, first in ((0, 0), (1, 6))
]
PINS = {"numa": CELLS, "cpu_sets": {"dedicated": "2-5,8-11", "shared": "0-1,6-7"}, "cpus": 12}
NICS = [
    {"address": f"0000:81:00.{number}", "vendor_id": "8086", "product_id": "10fb", "type": "type-PCI", "numa_node": 1}
    for number in range(3)
]
NIC = (PciRequest("nic", 1, ((("vendor_id", "8086"),),), "required"),)
GPUS = [
    {
        "name": f"gpu-{number}",
        "inventories": {"VGPU": {"total": 2 * number + 2}},
        "traits": ["CUSTOM_A"] * (number == 0),
    }
    for number in range(2)
]


def world(*, flavor: dict[str, Any], hosts: list[dict[str, Any]] | None = None, **fleet: Any) -> dict[str, Any]:
    return {"flavor": make_flavor(**flavor), "hosts": hosts or [{}, {}, {}], "fleet": fleet}


def specs(**said: str) -> dict[str, Any]:
    return {"extra_specs": {key.replace("__", ":"): value for key, value in said.items()}}


X = Aggregate("x", ("kvm-1",), {"trait:CUSTOM_X": "required"})
SOUND = {"config": {"traits": ["COMPUTE_SOUND_MODEL_VIRTIO"]}}
HAS_X = {"config": {"traits": ["CUSTOM_X"]}}
ALL = Aggregate("all", ("kvm-1", "kvm-2"))
# flavor and hosts (facts), and what the fleet says besides
WORLDS: dict[str, dict[str, Any]] = {
    "plain": world(flavor={"ram_mib": 1500}),
    "a trait": world(flavor={"ram_mib": 1500} | specs(trait__CUSTOM_X="required"), hosts=[HAS_X, HAS_X, {}]),
    "a trait that a pre-filter asks": world(
        flavor={"ram_mib": 1500} | specs(hw__sound_model="virtio"),
        hosts=[{}, SOUND, SOUND],
    ),
    "aggregates for others": world(
        flavor={"ram_mib": 1500},
        hosts=[HAS_X, {}, {}],
        aggregates=(X,),
        scheduler={"enable_isolated_aggregate_filtering": True},
    ),
    "aggregates of the project": world(
        flavor={"ram_mib": 1500},
        aggregates=(Aggregate("own", ("kvm-2", "kvm-3"), {"filter_tenant_id": "shop"}),),
        scheduler={"limit_tenants_to_placement_aggregate": True},
    ),
    "a disabled host": world(
        flavor={"ram_mib": 1500},
        hosts=[{"config": {"enabled": False}}, {}, {}],
        scheduler={"enabled_filters": ["ComputeCapabilitiesFilter"]},
    ),
    "so many on a host": world(
        flavor={"ram_mib": 512},
        scheduler={"enabled_filters": ["ComputeFilter", "NumInstancesFilter"], "max_instances_per_host": 3},
    ),
    "pinned": world(flavor={"vcpus": 3} | specs(hw__cpu_policy="dedicated"), hosts=[PINS, PINS]),
    "pinned, apart from the emulator": world(
        flavor={"vcpus": 1} | specs(hw__cpu_policy="dedicated", hw__emulator_threads_policy="isolate"),
        hosts=[PINS, PINS],
    ),
    "two cells": world(flavor={"vcpus": 4} | specs(hw__cpu_policy="dedicated", hw__numa_nodes="2"), hosts=[PINS, PINS]),
    "pages": world(flavor={"ram_mib": 600} | specs(hw__mem_page_size="2MB"), hosts=[PINS, PINS]),
    "devices": world(flavor={"pci": NIC} | specs(hw__numa_nodes="1"), hosts=[PINS | {"pci": NICS}, PINS, PINS]),
    "shared storage": world(
        flavor={"disk_gib": 9},
        aggregates=(ALL,),
        sharing_providers=(SharingProvider("nfs", ("all",), {"DISK_GB": Inventory(50)}),),
        hosts=[{}, {}, {"disk_gib": 20}],
    ),
    "shared storage, as many as CPUs": world(
        flavor={"disk_gib": 9, "vcpus": 4},
        aggregates=(ALL,),
        sharing_providers=(SharingProvider("nfs", ("all",), {"DISK_GB": Inventory(60)}),),
        hosts=[{}, {}],
    ),
    "groups of resources": world(
        flavor=specs(resources_A__VGPU="2", trait_A__CUSTOM_B="forbidden"),
        hosts=[{"config": {"providers": GPUS}}, {"config": {"providers": GPUS}}, {}],
    ),
    "a group each": world(
        flavor=specs(resources_A__VGPU="1", resources_B__VGPU="1", group_policy="isolate"),
        hosts=[{"config": {"providers": GPUS}}, {"config": {"providers": GPUS}}, {}],
    ),
}


# Two hosts with four pinned CPUs each, all of one cell, and two guests of three.
FULL = world(
    flavor={"vcpus": 3} | specs(hw__cpu_policy="dedicated"),
    hosts=[PINS | {"cpu_sets": {"dedicated": "2-5", "shared": "0-1"}}] * 2,
)


def fleet_of(said: dict[str, Any], count: int) -> Any:
    instances = [make_instance(f"web-{number}", flavor=said["flavor"], image=BARE, ports=()) for number in range(count)]
    return attrs.evolve(make_fleet(*instances), flavors={said["flavor"].name: said["flavor"]}, **said["fleet"])


def held(spec: dict[str, Any]) -> dict[str, Any]:
    """What a host would say that an instance holds: its claim, in the host's words."""
    claim = spec.get("claim")
    if not claim:
        return {}
    cells = [
        {
            "host_cell": cell["host_cell"],
            "floating": len(cell["cpus"]),
            "pinned": sorted(cell["pcpus"].values()),
            "memory_mib": cell["memory_mib"],
            "page_size_kib": cell["page_size_kib"],
        }
        for cell in claim["cells"]
    ]
    pinned = any(cell["pinned"] for cell in cells)
    held = {"cells": cells, "pci": [device["address"] for device in claim["pci"]]}
    return held | ({"emulator": claim["emulator_cpus"] or []} if pinned else {})


def with_some(said: dict[str, Any], count: int) -> tuple[Any, Snapshot]:
    """The fleet with so many instances, and the hosts after its plan was applied."""
    fleet = fleet_of(said, count)
    names = [f"kvm-{number}" for number in range(1, len(said["hosts"]) + 1)]
    empty = make_snapshot(*[make_facts(name, **facts) for name, facts in zip(names, said["hosts"], strict=True)])
    plan = reconcile(fleet, empty)
    assert not plan.problems
    present: dict[str, list[Any]] = {name: [] for name in names}
    for wave in plan.waves:
        for step in wave:
            if step.action == "create":
                spec = step.body["spec"]
                present[step.host].append({**instance_facts(spec, step.body["power"]), "holds": held(spec)})
    facts = zip(names, said["hosts"], strict=True)
    return fleet, make_snapshot(*[make_facts(name, *present[name], **more) for name, more in facts])


def unplaced(said: dict[str, Any], snapshot: Snapshot, count: int) -> int:
    """How many of so many instances, those that exist too, find no host by the plan."""
    plan = reconcile(fleet_of(said, count), snapshot)
    return sum(line.action == "create" and line.host is None for line in plan.changes)


@pytest.mark.parametrize("name", WORLDS)
def test_capacity_is_what_the_plan_places(name: str) -> None:
    said = WORLDS[name]
    fleet, snapshot = with_some(said, 2)
    assert unplaced(said, snapshot, 2) == 0
    (room,) = ask_capacity(fleet, standing(fleet, snapshot), [said["flavor"]], ["host"])
    assert room.is_exact
    assert 0 < room.now < 60
    assert unplaced(said, snapshot, 2 + room.now) == 0
    assert unplaced(said, snapshot, 3 + room.now) == 1
    for loss in room.losses:
        thought = imagine(fleet, snapshot, Change(without=(loss.domain,)))
        after = loss.left_after
        if after is None:
            assert unplaced(said, thought.snapshot, 2) > 0
        else:
            assert unplaced(said, thought.snapshot, 2 + after) == 0
            assert unplaced(said, thought.snapshot, 3 + after) == 1


@pytest.mark.parametrize("name", WORLDS)
def test_a_host_like_another_is_as_empty_as_that_was(name: str) -> None:
    """However full its model is: CPUs, pages and devices too."""
    said = WORLDS[name]
    fleet, snapshot = with_some(said, 2)
    some = next(host.name for host in snapshot.hosts.values() if host.instances)
    more = imagine(fleet, snapshot, Change(add=1, like=some)).snapshot
    new = more.hosts[f"{some}+1"]
    before = make_snapshot(make_facts(some, **said["hosts"][int(some[-1]) - 1])).hosts[some]
    assert isinstance(new, ObservedHost)
    assert (new.numa, new.pci, dict(new.used)) == (before.numa, before.pci, {})
    assert new.enabled
    assert "COMPUTE_STATUS_DISABLED" not in new.traits


def test_instances_of_others_are_placed_again_as_they_are() -> None:
    """A pinned one of another project: after the loss of its host it takes CPUs that we then have not."""
    said = WORLDS["pinned"]
    _, snapshot = with_some(said, 2)
    spec = next(snapshot.instances()).spec
    theirs = make_instance("x", project="bank", flavor=said["flavor"], image=BARE, ports=())
    present = {**make_present(theirs, claim=spec["claim"]), "holds": held(spec)}
    fleet = fleet_of(said, 0)

    def losses(**more: Any) -> list[tuple[str, int, int, int | None]]:
        facts = [make_facts("kvm-1", present, **PINS), make_facts("kvm-2", **PINS, **more)]
        (room,) = ask_capacity(fleet, standing(fleet, make_snapshot(*facts)), [said["flavor"]], ["host"])
        return [(loss.domain, loss.left, loss.to_place, loss.left_after) for loss in room.losses]

    assert losses() == [("kvm-2", 1, 0, 1)]
    # A domain that is not ours holds half of the other host: the other half is then for the one that is placed again.
    old = make_foreign(PCPU=4) | {"holds": {"cells": [{"host_cell": 0, "floating": 0, "pinned": [2, 3, 4, 5],
                                                       "memory_mib": 512, "page_size_kib": None}]}}  # fmt: skip
    assert losses(foreign=[old]) == [("kvm-1", 1, 1, 0)]


def test_survival_gives_back_what_is_shared_and_what_is_pinned() -> None:
    """40 of 50 GiB behind two hosts: who lived on the lost host takes its 20 again, not 20 more."""
    said = WORLDS["shared storage"] | {"flavor": make_flavor(disk_gib=20), "hosts": [{}, {}]}
    for world, goals in ((said, PROVEN), (WORLDS["pinned"], PROVEN), (FULL, REFUTED)):
        fleet, snapshot = with_some(world, 2)
        fleet = attrs.evolve(fleet, goals=(Goal("host"),))
        table = standing(fleet, snapshot)
        before = table.table.resource("DISK_GB").free.tolist()
        (verdict,) = ask_survival(fleet, snapshot, table)
        assert verdict.state == goals
        assert table.table.resource("DISK_GB").free.tolist() == before
        (told,) = reconcile(attrs.evolve(fleet_of(world, 2), goals=fleet.goals), snapshot).goals
        assert (told["before"], told["after"]) == (goals, goals)


def test_what_a_plan_makes_of_a_goal_counts_its_new_instances_once() -> None:
    said = WORLDS["shared storage"] | {"flavor": make_flavor(disk_gib=20), "hosts": [{}, {}]}
    _, snapshot = with_some(said, 0)
    (told,) = reconcile(attrs.evolve(fleet_of(said, 2), goals=(Goal("host"),)), snapshot).goals
    assert (told["before"], told["after"]) == (PROVEN, PROVEN)
