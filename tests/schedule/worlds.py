# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts and requests out of nothing, as the scheduler's own values; small enough for every assignment to be tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import strategies as st

from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.schedule.host import Host
from novalite.schedule.request import Request, Shape
from novalite.schedule.table import HostTable
from schedule.checker import Judge

if TYPE_CHECKING:
    from novalite.model.aggregate import Aggregate

GROUPS = (
    ServerGroup("apart", "anti-affinity"),
    ServerGroup("pairs", "anti-affinity", max_server_per_host=2),
    ServerGroup("together", "affinity"),
    ServerGroup("near", "soft-affinity"),
    ServerGroup("far", "soft-anti-affinity"),
)
TRAITS = ("CUSTOM_A", "CUSTOM_B")
ZONES = (None, None, "az1", "az2")


@attrs.frozen
class World:
    """A batch before it is placed."""

    hosts: tuple[Host, ...]
    requests: tuple[Request, ...]
    aggregates: tuple[Aggregate, ...] = ()
    members: dict[str, dict[str, int]] = attrs.field(factory=dict)

    def table(self, **more: Any) -> HostTable:
        return HostTable(self.hosts, aggregates=self.aggregates, members=self.members, **more)

    def judge(self) -> Judge:
        return Judge(self.hosts, self.requests, aggregates=self.aggregates, members=self.members)


@st.composite
def inventories(draw: st.DrawFn) -> dict[str, Inventory]:
    cpus = Inventory(draw(st.sampled_from([1, 2, 4])), allocation_ratio=draw(st.sampled_from([1.0, 1.5, 4.0])))
    memory = Inventory(
        draw(st.sampled_from([1024, 2048, 4096])),
        reserved=draw(st.sampled_from([0, 512])),
        step_size=draw(st.sampled_from([1, 1, 1, 512])),
        max_unit=draw(st.sampled_from([2048, 2_147_483_647])),
    )
    return {"VCPU": cpus, "MEMORY_MB": memory, "DISK_GB": Inventory(draw(st.sampled_from([8, 40])))}


@st.composite
def hosts(draw: st.DrawFn, name: str) -> Host:
    return Host(
        name,
        zone=draw(st.sampled_from(ZONES)),
        enabled=draw(st.sampled_from([True, True, True, False])),
        traits=draw(st.frozensets(st.sampled_from(TRAITS))),
        inventories=draw(inventories()),
        used=draw(st.sampled_from([{}, {"VCPU": 1, "MEMORY_MB": 700}, {"VCPU": 9}])),
        networks=draw(st.sampled_from([frozenset(), frozenset({("bridge", "br0")})])),
    )


@st.composite
def shapes(draw: st.DrawFn, names: list[str], aggregates: list[str]) -> Shape:
    resources = (
        ("DISK_GB", draw(st.sampled_from([1, 8]))),
        ("MEMORY_MB", draw(st.sampled_from([512, 600, 1024]))),
        ("VCPU", draw(st.sampled_from([1, 2]))),
    )
    rarely = st.integers(0, 7).map(lambda number: number == 0)
    required = draw(st.sampled_from([(), (), ("CUSTOM_A",), ("CUSTOM_A", "CUSTOM_B")]))
    forbidden = draw(st.sampled_from([(), (), (), ("CUSTOM_B",)]))
    return Shape(
        resources=resources,
        required=frozenset(required),
        forbidden=frozenset(forbidden) - frozenset(required),
        zone=draw(st.sampled_from(ZONES)),
        host=draw(st.sampled_from([*names, "gone"])) if draw(rarely) else None,
        networks=frozenset({("bridge", "br0")}) if draw(rarely) else frozenset(),
    )


@st.composite
def worlds(draw: st.DrawFn, instances: int = 6, size: int = 4) -> World:
    names = [f"kvm-{index}" for index in range(1, draw(st.integers(1, size)) + 1)]
    made = tuple(draw(hosts(name)) for name in names)
    few = draw(st.lists(shapes(names, []), min_size=1, max_size=3))
    requests = tuple(
        Request(f"i{index}", draw(st.sampled_from(few)), draw(st.sampled_from([None, None, *GROUPS])))
        for index in range(draw(st.integers(1, instances)))
    )
    members = {group.name: {draw(st.sampled_from(names)): 1} for group in draw(st.lists(st.sampled_from(GROUPS[:2])))}
    return World(made, requests, members=members)
