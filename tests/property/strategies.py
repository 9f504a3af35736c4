# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets and snapshots out of nothing, small enough to fail readably."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from builders import (
    PROJECT,
    make_facts,
    make_flavor,
    make_fleet,
    make_foreign,
    make_instance,
    make_present,
    make_snapshot,
)
from novalite.model.server_group import ServerGroup

if TYPE_CHECKING:
    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.snapshot import Snapshot

TRAITS = [{}, {"trait:CUSTOM_A": "required"}, {"trait:CUSTOM_A": "forbidden"}]
FLAVORS = [
    make_flavor(f"f{vcpus}-{ram}-{index}", vcpus=vcpus, ram_mib=ram, disk_gib=disk, extra_specs=traits)
    for vcpus, ram, disk in ((1, 512, 4), (2, 1024, 10), (4, 3072, 0))
    for index, traits in enumerate(TRAITS)
]
GROUPS = [
    ServerGroup("apart", "anti-affinity"),
    ServerGroup("pairs", "anti-affinity", max_server_per_host=2),
    ServerGroup("together", "affinity"),
    ServerGroup("near", "soft-affinity"),
    ServerGroup("far", "soft-anti-affinity"),
]
NAMES = ["a-1", "a-2", "a-10", "b", "c", "d", "e-1", "e-2"]
HOSTS = ["kvm-1", "kvm-2", "kvm-10", "box"]


def instances(name: str, project: str = PROJECT) -> st.SearchStrategy[Instance]:
    return st.builds(
        make_instance,
        st.just(name),
        project=st.just(project),
        flavor=st.sampled_from(FLAVORS),
        group=st.none() | st.sampled_from(GROUPS),
        availability_zone=st.sampled_from([None, None, "az1", "az2"]),
        host=st.sampled_from([None, None, None, "kvm-1", "kvm-9"]),
        metadata=st.dictionaries(st.sampled_from(["role", "n"]), st.sampled_from(["x", "y"])),
        power=st.sampled_from(["running", "shutoff"]),
        protect=st.booleans(),
    )


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))
    return make_fleet(*[draw(instances(name)) for name in names])


@st.composite
def host_facts(draw: st.DrawFn, name: str, *present: dict[str, Any]) -> dict[str, Any]:
    ratio = st.sampled_from([{}, {"VCPU": {"allocation_ratio": 1.5}}, {"MEMORY_MB": {"reserved": 0}}])
    config = {
        "zone": draw(st.sampled_from([None, "az1", "az2"])),
        "enabled": draw(st.sampled_from([True, True, True, False])),
        "traits": draw(st.sampled_from([[], ["CUSTOM_A"]])),
        "inventories": draw(ratio),
    }
    foreign = [make_foreign(f"old-{name}", VCPU=1, MEMORY_MB=700, DISK_GB=3)] if draw(st.booleans()) else []
    return make_facts(
        name,
        *present,
        foreign=foreign,
        config=config,
        cpus=draw(st.sampled_from([1, 2, 4])),
        memory_mib=draw(st.sampled_from([1024, 4096, 8192])),
        disk_gib=draw(st.sampled_from([8, 40])),
        images=draw(st.sampled_from([[], ["d" * 64]])),
    )


@st.composite
def empty_hosts(draw: st.DrawFn) -> list[dict[str, Any]]:
    names = draw(st.lists(st.sampled_from(HOSTS), unique=True, min_size=1))
    return [draw(host_facts(name)) for name in names]


@st.composite
def snapshots(draw: st.DrawFn, fleet: Fleet) -> Snapshot:
    """Hosts on which some of the fleet exists, some of it otherwise than declared, and some that is not declared."""
    names = draw(st.lists(st.sampled_from(HOSTS), unique=True, min_size=1))
    present: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for instance in fleet.instances.values():
        if draw(st.booleans()):
            where = instance.host if instance.host in present else draw(st.sampled_from(names))
            mark = draw(st.sampled_from([{}, {}, {"metadata": {"role": "old"}}, {"protect": True}]))
            power = draw(st.sampled_from([instance.power, "running", "shutoff", "crashed"]))
            present[where].append(make_present(instance, power=power, **mark))
    for name, project in (("gone-1", PROJECT), ("gone-2", PROJECT), ("b", "bank")):
        if draw(st.booleans()):
            present[draw(st.sampled_from(names))].append(make_present(draw(instances(name, project))))
    lost = draw(st.sampled_from([{}, {}, {"kvm-77": "unreachable"}]))
    return make_snapshot(*[draw(host_facts(name, *items)) for name, items in present.items()], unknown=lost)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Fleet, Snapshot]:
    fleet = draw(fleets())
    return fleet, draw(snapshots(fleet))
