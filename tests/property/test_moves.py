# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans move as few as can be: held against every assignment of up to six instances to four hosts, by the plain rules.

The rules are written down here once more, over the builders' values; nothing of the search, the filters or the host
table is used to count.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import event, given, settings
from hypothesis import strategies as st

from builders import make_facts, make_flavor, make_fleet, make_instance, make_present, make_snapshot
from moved import moves
from novalite.model.aggregate import Aggregate
from novalite.model.server_group import ServerGroup
from novalite.plan.build import reconcile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.plan import Plan

Where = dict[str, str]
Facts = dict[str, dict[str, Any]]

FLAVORS = [
    make_flavor("one", vcpus=1, ram_mib=512, disk_gib=1),
    make_flavor("two", vcpus=2, ram_mib=1024, disk_gib=1),
    make_flavor("three", vcpus=3, ram_mib=512, disk_gib=2),
    make_flavor("marked", vcpus=1, ram_mib=512, disk_gib=1, extra_specs={"trait:CUSTOM_A": "required"}),
]
POLICIES = ["soft-anti-affinity", "anti-affinity", "affinity"]


@attrs.frozen
class World:
    """Hosts, and instances that live on them as their rules allow."""

    fleet: Fleet
    hosts: Facts  # name -> config and sizes
    living: Where

    def plan(self, fleet: Fleet, hosts: Facts) -> Plan:
        """The plan for another fleet, or on hosts that changed."""
        present: dict[str, list[Any]] = {name: [] for name in hosts}
        for name, host in self.living.items():
            present[host].append(make_present(self.fleet.instances[name]))
        return reconcile(fleet, make_snapshot(*[make_facts(n, *present[n], **facts) for n, facts in hosts.items()]))


def room(facts: Mapping[str, Any]) -> dict[str, float]:
    ratio = facts["config"]["inventories"]["VCPU"]["allocation_ratio"]
    return {"vcpus": facts["cpus"] * ratio, "ram_mib": facts["memory_mib"] - 512, "disk_gib": facts["disk_gib"]}


def suits(fleet: Fleet, instance: Instance, host: str, facts: Mapping[str, Any]) -> bool:
    """Tell whether one instance may be on a host, apart from room and company."""
    inside = [aggregate for aggregate in fleet.aggregates if host in aggregate.hosts]
    zones = [one.metadata["availability_zone"] for one in inside if "availability_zone" in one.metadata]
    zone = zones[0] if zones else facts["config"]["zone"]
    projects = {one.metadata["filter_tenant_id"] for one in inside if "filter_tenant_id" in one.metadata}
    return (
        instance.host in (None, host)
        and instance.flavor.vcpus <= facts["cpus"]  # however many are lent, one guest has no more than there are
        and instance.availability_zone in (None, zone)
        and (not projects or instance.project in projects)
        and ("trait:CUSTOM_A" not in instance.flavor.extra_specs or "CUSTOM_A" in facts["config"]["traits"])
    )


def holds(fleet: Fleet, hosts: Facts, where: Where) -> bool:
    """Tell whether every rule holds for an assignment of all instances."""
    for host, facts in hosts.items():
        there = [fleet.instances[name] for name, place in where.items() if place == host]
        if not all(suits(fleet, one, host, facts) for one in there):
            return False
        for size, most in room(facts).items():
            if sum(getattr(one.flavor, size) for one in there) > most:
                return False
        for one in there:
            group = one.group
            count = sum(other.group == group for other in there)
            if group is not None and group.policy == "anti-affinity" and count > group.max_server_per_host:
                return False
    together: dict[str, set[str]] = {}
    for name, host in where.items():
        group = fleet.instances[name].group
        if group is not None and group.policy == "affinity":
            together.setdefault(group.name, set()).add(host)
    return all(len(places) == 1 for places in together.values())


def fewest(fleet: Fleet, hosts: Facts, living: Where) -> int | None:
    """Return the smallest number of moves of all assignments; None where no assignment holds."""
    names = list(living)
    found = (
        sum(living[name] != host for name, host in zip(names, places, strict=True))
        for places in itertools.product(hosts, repeat=len(names))
        if holds(fleet, hosts, dict(zip(names, places, strict=True)))
    )
    return min(found, default=None)


@st.composite
def hosts_of(draw: st.DrawFn) -> Facts:
    return {
        f"kvm-{number}": {
            "cpus": draw(st.sampled_from([2, 4, 6])),
            "memory_mib": draw(st.sampled_from([2048, 4096])),
            "disk_gib": draw(st.sampled_from([4, 40])),
            "config": {
                "zone": draw(st.sampled_from([None, "az1", "az1", "az2"])),
                "traits": draw(st.sampled_from([[], ["CUSTOM_A"]])),
                "inventories": {"VCPU": {"allocation_ratio": draw(st.sampled_from([1.0, 2.0]))}},
            },
        }
        for number in range(1, draw(st.integers(2, 4)) + 1)
    }


@st.composite
def worlds(draw: st.DrawFn) -> World:
    hosts = draw(hosts_of())
    policy, limit = draw(st.sampled_from(POLICIES)), draw(st.sampled_from([1, 2]))
    group = ServerGroup("web", policy, limit if policy == "anti-affinity" else 1)
    instances = [
        make_instance(
            f"i{number}",
            flavor=draw(st.sampled_from(FLAVORS)),
            group=draw(st.sampled_from([None, group])),
            availability_zone=draw(st.sampled_from([None, None, None, "az1"])),
        )
        for number in range(draw(st.integers(1, 6)))
    ]
    living: Where = {}
    for instance in instances:  # who finds no place with those before is not there
        places = draw(st.permutations(sorted(hosts)))
        fleet = make_fleet(*[one for one in instances if one.name in living], instance)
        place = next((one for one in places if holds(fleet, hosts, {**living, instance.name: one})), None)
        if place is not None:
            living[instance.name] = place
    return World(make_fleet(*[one for one in instances if one.name in living]), hosts, living)


def changed(draw: st.DrawFn, world: World) -> tuple[str, Fleet, Facts]:
    """Return a world with one constraint more."""
    fleet, hosts = (
        world.fleet,
        {name: {**facts, "config": dict(facts["config"])} for name, facts in world.hosts.items()},
    )
    what = draw(st.sampled_from(["pin", "zone", "policy", "limit", "trait", "aggregate", "tenant", "flavor group"]))
    some = draw(st.sampled_from(list(world.living)))
    host = draw(st.sampled_from(sorted(hosts)))
    each: dict[str, Instance] = dict(fleet.instances)
    aggregates: tuple[Aggregate, ...] = ()
    if what == "pin":
        each[some] = attrs.evolve(each[some], host=host)
    elif what == "zone":
        each[some] = attrs.evolve(each[some], availability_zone=draw(st.sampled_from(["az1", "az2"])))
    elif what in ("policy", "limit"):
        policy = draw(st.sampled_from(["anti-affinity", "affinity"])) if what == "policy" else "anti-affinity"
        group = ServerGroup("web", policy, 1)
        each = {name: attrs.evolve(one, group=group if one.group else None) for name, one in each.items()}
    elif what == "flavor group":  # a group is declared later
        group = ServerGroup("late", draw(st.sampled_from(["anti-affinity", "affinity"])))
        each = {name: attrs.evolve(one, group=one.group or group) for name, one in each.items()}
    elif what == "trait":
        hosts[host]["config"]["traits"] = []
    elif what == "aggregate":
        aggregates = (Aggregate("x", (host,), {"availability_zone": draw(st.sampled_from(["az1", "az3"]))}),)
    else:
        aggregates = (Aggregate("x", (host,), {"filter_tenant_id": draw(st.sampled_from(["bank", "shop"]))}),)
    return what, make_fleet(*each.values(), aggregates=aggregates), hosts


@settings(max_examples=100, deadline=None)
@given(worlds())
def test_without_a_change_nothing_moves(world: World) -> None:
    """Whatever the rules are, as long as they hold."""
    plan = world.plan(world.fleet, world.hosts)
    assert (plan.changes, plan.problems, dict(plan.moves)) == ((), (), {})


@settings(max_examples=250, deadline=None)
@given(worlds().filter(lambda world: bool(world.living)), st.data())
def test_one_new_constraint_moves_as_few_as_brute_force(world: World, data: st.DataObject) -> None:
    """As many as the best of all assignments; each on a host that the rules allow; a refusal where there is none."""
    what, fleet, hosts = changed(data.draw, world)
    plan = world.plan(fleet, hosts)
    least = fewest(fleet, hosts, world.living)
    made = moves(plan)
    event(f"{what}: {least} moves")
    if least is None:
        assert made == []
        assert any(problem.id == "NV0313" and problem.severity == "error" for problem in plan.problems)
        return
    now = dict(world.living)
    for name, source, target in made:
        assert now[name] == source
        now[name] = target
    assert holds(fleet, hosts, now)
    assert sum(now[name] != host for name, host in world.living.items()) == least
    if least:
        assert (plan.moves["count"], plan.moves["fewest"]) == (least, True)
        assert plan.is_errored
    else:
        assert not plan.is_errored
    assert {change.action for change in plan.changes} <= {"move", "update"}
    assert world.plan(fleet, hosts) == plan
