# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole batches: placed by us, then walked through by Nova, which says at each step what it would have chosen."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import attrs
from nova.case import aggregate_json, group_json, host_json, options_json, request_json

from novalite.model.aggregate import Aggregate
from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.schedule.host import Host
from novalite.schedule.options import Options
from novalite.schedule.request import Request, Shape
from novalite.schedule.select import select
from novalite.schedule.table import HostTable

if TYPE_CHECKING:
    from collections.abc import Mapping

FLAVORS = ((1, 2048, 20), (2, 4096, 40), (4, 8192, 80), (8, 16384, 160), (2, 16384, 40), (8, 8192, 40), (1, 1024, 10))
KINDS = ((16, 65536, 1000), (24, 98304, 2000), (32, 131072, 2000))
OPTIONS = {
    "defaults": Options(),
    "packing": Options(ram_weight_multiplier=-1.0, cpu_weight_multiplier=-1.0, disk_weight_multiplier=-1.0),
    "everything counts": Options(
        num_instances_weight_multiplier=-0.7,
        io_ops_weight_multiplier=-3.0,
        disk_weight_multiplier=0.3,
        soft_affinity_weight_multiplier=5.0,
        soft_anti_affinity_weight_multiplier=2.0,
        hypervisor_version_weight_multiplier=0.1,
        build_failure_weight_multiplier=2.0,
    ),
    "aggregates override": Options(cpu_weight_multiplier=0.5),
    "too small": Options(),
}


@attrs.frozen
class Batch:
    """A batch with what we decided."""

    name: str
    hosts: tuple[Host, ...]
    requests: tuple[Request, ...]
    aggregates: tuple[Aggregate, ...]
    options: Options

    def decide(self) -> dict[str, str | None]:
        """Place it: instance -> host, in the order in which it was done."""
        results = select(HostTable(self.hosts, options=self.options, aggregates=self.aggregates), self.requests)
        return {result.name: getattr(result, "host", None) for result in results}

    def to_json(self, decided: Mapping[str, str | None]) -> dict[str, Any]:
        """Write it for the driver."""
        by_name = {request.name: request for request in self.requests}
        groups = {request.group.name: request.group for request in self.requests if request.group}
        return {
            "hosts": [host_json(host) for host in self.hosts],
            "aggregates": [aggregate_json(aggregate) for aggregate in self.aggregates],
            "options": options_json(self.options),
            "groups": [group_json(group, {}, ()) for group in groups.values()],
            "requests": [{**request_json(by_name[name], {}), "chosen": host} for name, host in decided.items()],
        }


def batch(name: str, hosts: int = 40, instances: int = 120) -> Batch:
    """Return one batch of the table of options, always the same."""
    rng = random.Random(name)
    if name == "too small":
        hosts = 4
    made = tuple(_host(rng, f"kvm-{index + 1}") for index in range(hosts))
    names = [host.name for host in made]
    overriding = name == "aggregates override"
    aggregates = (
        Aggregate("fast", tuple(rng.sample(names, hosts // 3)), {"cpu_weight_multiplier": "2.0"} if overriding else {}),
        Aggregate("old", tuple(rng.sample(names, hosts // 3)), {"ram_weight_multiplier": "-1"} if overriding else {}),
    )
    return Batch(name, made, tuple(_requests(rng, instances)), aggregates, OPTIONS[name])


def _host(rng: random.Random, name: str) -> Host:
    cpus, memory, disk = rng.choice(KINDS)
    traits = frozenset(f"CUSTOM_T{index}" for index, share in enumerate((0.5, 0.1, 0.7)) if rng.random() < share)
    return Host(
        name,
        zone=f"az{rng.randrange(3)}",
        enabled=rng.random() < 0.95,
        traits=traits,
        inventories={
            "VCPU": Inventory(cpus, allocation_ratio=4.0),
            "MEMORY_MB": Inventory(memory, reserved=512),
            "DISK_GB": Inventory(disk),
        },
        used=rng.choice(({}, {}, {"VCPU": 7, "MEMORY_MB": 9000, "DISK_GB": 100})),
        hypervisor_version=rng.choice((7002000, 9000000)),
        failed_builds=rng.choice((0, 0, 0, 2)),
        num_instances=rng.choice((0, 0, 3)),
    )


def _requests(rng: random.Random, count: int) -> list[Request]:
    found: list[Request] = []
    while len(found) < count:
        number = rng.randrange(len(FLAVORS))
        traits = rng.choice(((), (), (), ("CUSTOM_T0",), ("CUSTOM_T2",), ("CUSTOM_T1",)))
        cpus, memory, disk = FLAVORS[number]
        shape = Shape(
            resources=(("DISK_GB", disk), ("MEMORY_MB", memory), ("VCPU", cpus)),
            required=frozenset(traits),
            zone=rng.choice((None, None, "az0", "az1", "az2")),
            flavor=f"f{number}",
        )
        policy = rng.choice((*[None] * 3, *["anti-affinity"] * 2, "affinity", "soft-affinity", "soft-anti-affinity"))
        limit = rng.choice((1, 1, 2)) if policy == "anti-affinity" else 1
        group = ServerGroup(f"g{len(found)}", policy, limit) if policy else None
        for _ in range(rng.choice((3, 5, 7)) if group else 1):
            found.append(Request(f"vm-{len(found)}", shape, group))
    return found[:count]
