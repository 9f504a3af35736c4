# SPDX-License-Identifier: GPL-3.0-or-later
"""A batch in views is a batch weighed from nothing, to the last bit: same hosts, same weights, same reasons."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from novalite.model.aggregate import Aggregate
from novalite.model.placement import Placement
from novalite.model.resource import Inventory
from novalite.model.server_group import POLICIES, ServerGroup
from novalite.schedule import weighers
from novalite.schedule.batch import Batch
from novalite.schedule.fast import FastBatch
from novalite.schedule.filters import ALL
from novalite.schedule.host import Host
from novalite.schedule.options import Options
from novalite.schedule.request import Request, Shape
from novalite.schedule.table import HostTable

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERYTHING = Options(enabled_filters=tuple(rule.NAME for rule in ALL), num_instances_weight_multiplier=-0.5)
PACKING = Options(ram_weight_multiplier=-1.0, cpu_weight_multiplier=-0.3)


def world(seed: int, hosts: int) -> tuple[list[Host], list[Aggregate]]:
    luck = random.Random(seed)
    made = []
    for index in range(hosts):
        size = luck.choice((1, 1, 1, 2, 3))
        inventories = {
            "VCPU": Inventory(4 * size, allocation_ratio=luck.choice((4.0, 1.1, 16.0)), max_unit=4 * size),
            "MEMORY_MB": Inventory(4096 * size, reserved=512),
            "DISK_GB": Inventory(100 * size),
        }
        if luck.random() < 0.3:
            inventories["CUSTOM_X"] = Inventory(4)
        made.append(
            Host(
                f"h{index}",
                inventories=inventories,
                used={"MEMORY_MB": luck.choice((0, 0, 512, 5000))},
                traits=frozenset({"CUSTOM_A"} if luck.random() < 0.5 else ()),
                hypervisor_version=luck.choice((7002022, 7002022, 8000000)),
                failed_builds=luck.choice((0, 0, 0, 2)),
                num_instances=luck.choice((0, 1)),
                io_ops=luck.choice((0, 0, 3)),
            )
        )
    names = [host.name for host in made]
    heavy = Aggregate("heavy", tuple(names[:: luck.choice((2, 3))]), {"ram_weight_multiplier": "2.5"})
    return made, [heavy]


def wishes(seed: int, count: int) -> Iterator[Request]:
    luck = random.Random(-seed)
    groups = [ServerGroup(f"g{n}", luck.choice(POLICIES), luck.choice((1, 1, 2))) for n in range(6)]
    shapes = [
        Shape(
            resources=tuple(sorted(amounts.items())),
            required=frozenset({"CUSTOM_A"} if luck.random() < 0.3 else ()),
            zone=None,
        )
        for amounts in (
            {"VCPU": 1, "MEMORY_MB": 256, "DISK_GB": 4},
            {"VCPU": 3, "MEMORY_MB": 1024, "DISK_GB": 10},
            {"VCPU": 1, "MEMORY_MB": 512, "DISK_GB": 4, "CUSTOM_X": 1},
            {"VCPU": 6, "MEMORY_MB": 2048, "DISK_GB": 50},
        )
    ]
    for index in range(count):
        yield Request(f"vm-{index}", luck.choice(shapes), luck.choice([*groups, None, None, None]))


@pytest.mark.parametrize("options", [Options(), EVERYTHING, PACKING], ids=["default", "everything", "packing"])
@pytest.mark.parametrize("seed", range(12))
def test_views_change_nothing(seed: int, options: Options) -> None:
    results: list[list[Any]] = []
    for use_views in (True, False):
        hosts, aggregates = world(seed, hosts=(2, 5, 17, 40)[seed % 4])
        table = HostTable(hosts, aggregates=aggregates, options=options)
        batch = Batch(table, use_views=use_views)
        results.append(batch.place_all(wishes(seed, 120)))
    assert results[0] == results[1]
    assert any(hasattr(result, "host") for result in results[0])


@pytest.mark.parametrize("all_filters", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_heaps_change_nothing(seed: int, all_filters: bool) -> None:
    options = attrs.evolve(EVERYTHING if all_filters else Options(), policy="fast")
    results: list[list[Any]] = []
    tables = []
    for heaps in (True, False):
        hosts, aggregates = world(seed, hosts=(2, 5, 17, 60)[seed % 4])
        table = HostTable(hosts, aggregates=aggregates, options=options)
        batch = FastBatch(table) if heaps else Batch(table, use_views=False)
        found = batch.place_all(wishes(seed, 400))
        results.append([(result.name, getattr(result, "host", None)) for result in found])
        weights = [result.weight for result in found if isinstance(result, Placement) and result.considered > 1]
        assert all(weight >= 0 for weight in weights)
        tables.append(table)
    assert results[0] == results[1]
    assert any(host for _, host in results[0])
    assert any(host is None for _, host in results[0])
    assert tables[0].num_instances.tolist() == tables[1].num_instances.tolist()
    assert tables[0].resource("VCPU").free.tolist() == tables[1].resource("VCPU").free.tolist()
    assert tables[0].members == tables[1].members


@pytest.mark.parametrize("weigher", [each for each in weighers.ALL if hasattr(each, "at")], ids=lambda each: each.NAME)
def test_the_value_of_one_host_is_that_of_all(weigher: Any) -> None:
    hosts, aggregates = world(3, hosts=20)
    table = HostTable(hosts, aggregates=aggregates)
    for index, request in enumerate(wishes(3, 30)):
        table.book(request, index % len(table))
        assert [weigher.at(table)(row) for row in range(len(table))] == weigher.raw(table, request).tolist()
