# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova's arithmetic of weights, with the awkward cases. A table of rows for each weigher."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from novalite.model.pci import PciPool
from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.schedule import weighers
from novalite.schedule.host import Host, Resident
from novalite.schedule.named import WEIGHERS, weigh_hosts
from novalite.schedule.options import Metrics, Options
from novalite.schedule.request import Request, Shape
from novalite.schedule.weighers.normalise import normalise

PLAIN = Request("web-0", Shape(()))


@pytest.mark.parametrize(
    ("values", "minval", "maxval", "expected"),
    [
        ([1.0, 2.0, 3.0], None, None, [0.0, 0.5, 1.0]),
        ([5.0, 5.0], None, None, [0.0, 0.0]),
        ([5.0, 5.0], 0.0, None, [1.0, 1.0]),  # the low bound is fixed at 0: equal hosts get 1 each
        ([0.0, 0.0], 0.0, None, [0.0, 0.0]),
        ([-4.0, 2.0, 4.0], 0.0, None, [0.0, 0.5, 1.0]),  # an overcommitted host counts as full, not as worse than full
        ([-4.0, -2.0], 0.0, None, [0.0, 0.0]),
        ([-2.0, -1.0, 0.0], None, None, [0.0, 0.5, 1.0]),
        ([0.0, 5.0, 20.0], None, 10.0, [0.0, 0.5, 1.0]),
        ([-1.0, 5.0, 20.0], 0.0, 10.0, [0.0, 0.5, 1.0]),
    ],
)
def test_normalise(values: list[float], minval: float | None, maxval: float | None, expected: list[float]) -> None:
    """Clamped, then between the bounds; equal bounds give 0."""
    assert normalise(np.array(values), minval, maxval).tolist() == expected


def inventories(name: str, **fields: Any) -> dict[str, Any]:
    return {"inventories": {name: Inventory(**fields)}}


def pool(free: int) -> PciPool:
    return PciPool("10de", "1db4", free)


def resident(**properties: str) -> Resident:
    return Resident("old", image_properties=properties)


def two_of(*first: dict[str, Any]) -> list[Host]:
    return [Host(f"kvm-{index}", **fields) for index, fields in enumerate(first, start=1)]


MEMBERS = {"g": {"kvm-1": 2}, "other": {"kvm-2": 9}}
Q35 = Request("web-0", Shape(image_properties=(("hw_disk_bus", "scsi"), ("hw_machine_type", "q35"))))
Q35_HOSTS = (
    {"residents": (resident(hw_machine_type="q35", hw_disk_bus="scsi"), resident(hw_machine_type="q35"))},
    {"residents": (resident(hw_machine_type="pc", hw_disk_bus="scsi", os_type="linux"),)},
)


def metrics(required: bool = False, unavailable: float = -10000.0, **setting: float) -> Options:
    return Options(metrics=Metrics(1.0, tuple(sorted(setting.items())), required, unavailable))


def ratios(**setting: float) -> Options:
    return Options(image_props_weight_setting=tuple(setting.items()))


def group(policy: str) -> Request:
    return Request("web-0", Shape(()), ServerGroup("g", policy))


# weigher, hosts, options, request, raw values, normalised values. Written from nova/scheduler/weights and
# nova/compute/resource_tracker.py, by hand.
ROWS: list[tuple[str, tuple[dict[str, Any], ...], Options, Request, list[float], list[float]]] = [
    # RAM: total - reserved - used, without overcommit
    (
        "RAMWeigher",
        (
            inventories("MEMORY_MB", total=8192, reserved=512, allocation_ratio=1.5) | {"used": {"MEMORY_MB": 3584}},
            inventories("MEMORY_MB", total=8192),
        ),
        Options(),
        PLAIN,
        [4096.0, 8192.0],
        [0.5, 1.0],
    ),
    # less than nothing counts as nothing
    (
        "RAMWeigher",
        (
            inventories("MEMORY_MB", total=1000, allocation_ratio=4.0) | {"used": {"MEMORY_MB": 3000}},
            inventories("MEMORY_MB", total=1000),
        ),
        Options(),
        PLAIN,
        [-2000.0, 1000.0],
        [0.0, 1.0],
    ),
    ("RAMWeigher", ({}, {}), Options(), PLAIN, [0.0, 0.0], [0.0, 0.0]),
    # CPU: total x ratio - reserved - used; pinned guests are used CPUs too
    (
        "CPUWeigher",
        (
            inventories("VCPU", total=4, reserved=1, allocation_ratio=4.0) | {"used": {"VCPU": 2, "PCPU": 5}},
            inventories("VCPU", total=4, allocation_ratio=4.0),
        ),
        Options(),
        PLAIN,
        [8.0, 16.0],
        [0.5, 1.0],
    ),
    ("CPUWeigher", (inventories("VCPU", total=1), inventories("VCPU", total=1)), Options(), PLAIN, [1, 1], [1, 1]),
    # disk: GiB to MiB, without overcommit
    (
        "DiskWeigher",
        (
            inventories("DISK_GB", total=100, reserved=10, allocation_ratio=2.0) | {"used": {"DISK_GB": 40}},
            inventories("DISK_GB", total=100),
        ),
        Options(),
        PLAIN,
        [50 * 1024.0, 100 * 1024.0],
        [0.5, 1.0],
    ),
    # metrics: sum of value x ratio
    (
        "MetricsWeigher",
        ({"metrics": {"a": 10.0, "b": 3.0, "c": 99.0}}, {"metrics": {"a": 0.0, "b": -1.0}}),
        metrics(a=0.5, b=-1.0),
        PLAIN,
        [2.0, 1.0],
        [1.0, 0.0],
    ),
    # a missing metric is the worst, whatever the others say
    (
        "MetricsWeigher",
        ({"metrics": {"a": 10.0}}, {"metrics": {"a": 5.0, "b": 0.0}}),
        metrics(a=1.0, b=1.0),
        PLAIN,
        [-10000.0, 5.0],
        [0.0, 1.0],
    ),
    # one with ratio 0 may be missing
    (
        "MetricsWeigher",
        ({"metrics": {"a": 1.0}}, {"metrics": {"a": 2.0}}),
        metrics(a=1.0, b=0.0),
        PLAIN,
        [1, 2],
        [0, 1],
    ),
    # unless it is required: Nova raises, here it is unavailable
    (
        "MetricsWeigher",
        ({"metrics": {"a": 1.0}}, {"metrics": {"a": 2.0, "b": 7.0}}),
        metrics(required=True, unavailable=-3.0, a=1.0, b=0.0),
        PLAIN,
        [-3.0, 2.0],
        [0.0, 1.0],
    ),
    # a value that is no number is none
    (
        "MetricsWeigher",
        ({"metrics": {"a": float("nan")}}, {"metrics": {"a": 2.0}}),
        metrics(a=1.0),
        PLAIN,
        [-10000.0, 2.0],
        [0.0, 1.0],
    ),
    ("IoOpsWeigher", ({"io_ops": 4}, {"io_ops": 8}), Options(), PLAIN, [4.0, 8.0], [0.5, 1.0]),
    ("IoOpsWeigher", ({"io_ops": 4}, {"io_ops": 4}), Options(), PLAIN, [4.0, 4.0], [1.0, 1.0]),
    # PCI: 100 - free devices of all pools, of which at most 99 count
    ("PCIWeigher", ({"pci": (pool(2), pool(3))}, {}), Options(), PLAIN, [95.0, 100.0], [0.0, 1.0]),
    ("PCIWeigher", ({"pci": (pool(200),)}, {"pci": (pool(99),)}), Options(), PLAIN, [1.0, 1.0], [0.0, 0.0]),
    ("PCIWeigher", ({}, {}), Options(), PLAIN, [100.0, 100.0], [0.0, 0.0]),
    ("ServerGroupSoftAffinityWeigher", ({}, {}), Options(), group("soft-affinity"), [2.0, 0.0], [1.0, 0.0]),
    ("ServerGroupSoftAffinityWeigher", ({}, {}), Options(), group("affinity"), [0.0, 0.0], [0.0, 0.0]),
    ("ServerGroupSoftAntiAffinityWeigher", ({}, {}), Options(), group("soft-anti-affinity"), [-2.0, 0.0], [0.0, 1.0]),
    ("ServerGroupSoftAntiAffinityWeigher", ({}, {}), Options(), PLAIN, [0.0, 0.0], [0.0, 0.0]),
    ("BuildFailureWeigher", ({"failed_builds": 3}, {"failed_builds": 1}), Options(), PLAIN, [3.0, 1.0], [1.0, 0.0]),
    ("BuildFailureWeigher", ({"failed_builds": 3}, {"failed_builds": 3}), Options(), PLAIN, [3.0, 3.0], [0.0, 0.0]),
    ("CrossCellWeigher", ({"cell": "a"}, {"cell": "b"}), Options(), PLAIN, [0.0, 0.0], [0.0, 0.0]),
    (
        "CrossCellWeigher",
        ({"cell": "a"}, {"cell": "b"}),
        Options(),
        Request("web-0", Shape(()), cell="a"),
        [1.0, -1.0],
        [1.0, 0.0],
    ),
    ("CrossCellWeigher", ({}, {}), Options(), Request("web-0", Shape(()), cell="a"), [-1.0, -1.0], [0.0, 0.0]),
    (
        "HypervisorVersionWeigher",
        ({"hypervisor_version": 7002022}, {}),
        Options(),
        PLAIN,
        [7002022.0, 0.0],
        [1.0, 0.0],
    ),
    ("NumInstancesWeigher", ({"num_instances": 7}, {"num_instances": 5}), Options(), PLAIN, [7.0, 5.0], [1.0, 0.0]),
    # every guest with a value in common counts once for it
    ("ImagePropertiesWeigher", Q35_HOSTS, Options(), Q35, [3.0, 1.0], [1.0, 0.0]),
    # ratios: a property without one counts nothing
    ("ImagePropertiesWeigher", Q35_HOSTS, ratios(hw_disk_bus=-2.0), Q35, [-2.0, -2.0], [0.0, 0.0]),
    ("ImagePropertiesWeigher", Q35_HOSTS, ratios(hw_machine_type=0.5), Q35, [1.0, 0.0], [1.0, 0.0]),
    ("ImagePropertiesWeigher", Q35_HOSTS, Options(), PLAIN, [0.0, 0.0], [0.0, 0.0]),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_weigher(row: tuple[Any, ...]) -> None:
    """Each row: raw and normalised values of two hosts, by Nova's name."""
    name, hosts, options, request, raw, normalised = row
    found = weigh_hosts(name, two_of(*hosts), request, options=options, members=MEMBERS)
    assert [verdict.raw for verdict in found] == raw
    assert [verdict.normalised for verdict in found] == normalised


def test_every_weigher_of_nova_is_there_and_has_rows() -> None:
    """A weigher that is added without a row fails here."""
    assert set(WEIGHERS) == {row[0] for row in ROWS}
    assert len(WEIGHERS) == len(weighers.ALL) == 13


@pytest.mark.parametrize("name", sorted(WEIGHERS))
def test_a_single_host_is_never_asked_to_differ(name: str) -> None:
    """Alone, it gets 1 from a weigher with a fixed low bound and something to show, else 0."""
    verdict = weigh_hosts(name, [Host("a", io_ops=1)], Q35)[0]
    assert verdict.normalised == (1.0 if name == "IoOpsWeigher" else 0.0)
