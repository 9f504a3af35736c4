# SPDX-License-Identifier: GPL-3.0-or-later
"""PCI devices: which pools may serve, in which order, and what is given: rows from Nova's PciDeviceStats."""

from __future__ import annotations

from typing import Any

import pytest

from novalite.model.claim import ClaimedDevice
from novalite.model.numa import HostCell
from novalite.model.pci import PciPool, PciRequest
from novalite.schedule.host import Host
from novalite.schedule.named import filter_hosts
from novalite.schedule.pci import addressed, available, give_back, take, without
from novalite.schedule.request import Request, Shape

CELLS = (HostCell(0, socket=0), HostCell(1, socket=0), HostCell(2, socket=1))


def pool(number: int, free: int = 1, **rest: Any) -> PciPool:
    """Devices 10de:20b0 with addresses 0000:NN:00.0 on."""
    values: dict[str, Any] = {
        "vendor_id": "10de",
        "product_id": "20b0",
        "addresses": tuple(f"0000:{number:02x}:00.{function}" for function in range(free)),
    }
    return PciPool(**(values | {"free": free} | rest))


def gpu(count: int = 1, policy: str = "legacy", **spec: str) -> PciRequest:
    known = {"vendor_id": "10de", "product_id": "20B0"} | spec
    return PciRequest("gpu", count, (tuple(known.items()),), policy)


A, B, C = "0000:01:00.0", "0000:02:00.0", "0000:03:00.0"
NEAR, FAR, NOWHERE = pool(1, numa_node=0), pool(2, numa_node=2), pool(3)
BESIDE = pool(2, numa_node=1)

# what the row is about, pools, requests, host cells of the guest, addresses or part of why not
ROWS: list[tuple[str, tuple[PciPool, ...], tuple[PciRequest, ...], Any, Any]] = [
    ("one", (pool(1),), (gpu(),), None, [A]),
    ("letter case does not count", (pool(1),), (gpu(vendor_id="10DE"),), None, [A]),
    ("another product", (pool(1, product_id="1234"),), (gpu(),), None, "PCI devices gpu: 1 asked, 0 free"),
    ("too few", (pool(1),), (gpu(2),), None, "PCI devices gpu: 2 asked, 1 free"),
    ("from two pools", (pool(1), pool(2)), (gpu(2),), None, [A, B]),
    ("two requests share", (pool(1), pool(2)), (gpu(), gpu()), None, [A, B]),
    ("two requests, one device", (pool(1),), (gpu(), gpu()), None, "1 asked, 0 free"),
    ("unasked physical function", (pool(1, device_type="type-PF"),), (gpu(),), None, "no unasked physical functions"),
    ("asked physical function", (pool(1, device_type="type-PF"),), (gpu(dev_type="type-PF"),), None, [A]),
    ("unasked vdpa", (pool(1, device_type="vdpa"),), (gpu(),), None, "no unasked vDPA"),
    ("managed remotely", (pool(1, tags=(("remote_managed", "true"),)),), (gpu(),), None, "not managed remotely"),
    ("a tag that is not there", (pool(1),), (gpu(physical_network="p"),), None, "1 asked, 0 free"),
    (
        "live migration as asked",
        (pool(1), pool(2, tags=(("live_migratable", "true"),))),
        (gpu(live_migratable="true"),),
        None,
        [B],
    ),
    ("its class by default", (pool(1),), (gpu(resource_class="CUSTOM_PCI_10DE_20B0"),), None, [A]),
    ("another class", (pool(1),), (gpu(resource_class="gpu"),), None, "1 asked, 0 free"),
    (
        "its class as said",
        (pool(1, tags=(("resource_class", "gpu"),)),),
        (gpu(resource_class="CUSTOM_GPU"),),
        None,
        [A],
    ),
    ("traits", (pool(1), pool(2, tags=(("traits", "custom_a, CUSTOM_B"),))), (gpu(traits="CUSTOM_A"),), None, [B]),
    (
        "any of two specs",
        (pool(1, product_id="1"),),
        (PciRequest("x", 1, ((("product_id", "2"),), (("product_id", "1"),))),),
        None,
        [A],
    ),
    ("no cells, no affinity", (FAR,), (gpu(policy="required"),), None, [B]),
    ("required, near", (FAR, NEAR), (gpu(policy="required"),), (0,), [A]),
    ("required, far", (FAR, NOWHERE), (gpu(policy="required"),), (0,), "beside the guest's cells (policy required)"),
    ("legacy takes the near", (NOWHERE, NEAR), (gpu(),), (0,), [A]),
    ("legacy takes the silent", (FAR, NOWHERE), (gpu(),), (0,), [C]),
    ("legacy refuses the far", (FAR,), (gpu(),), (0,), "policy legacy"),
    ("preferred takes the far last", (FAR, NEAR), (gpu(2, "preferred"),), (0,), [A, B]),
    ("socket: another cell of it", (BESIDE,), (gpu(policy="socket"),), (0,), [B]),
    ("socket: another socket", (FAR,), (gpu(policy="socket"),), (0,), "policy socket"),
    ("socket: silent device", (NOWHERE,), (gpu(policy="socket"),), (0,), "policy socket"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_take(row: tuple[Any, ...]) -> None:
    _, pools, requests, chosen, expected = row
    found = take(pools, requests, CELLS, chosen)
    if isinstance(found, str):
        assert isinstance(expected, str), found
        assert expected in found
    else:
        assert [device.address for device in found[1]] == expected
        assert give_back(found[0], found[1]) == pools


def test_socket_without_sockets_told() -> None:
    assert isinstance(take((BESIDE,), (gpu(policy="socket"),), (HostCell(0), HostCell(1)), (0,)), str)


FUNCTIONS = (
    pool(1, device_type="type-PF"),
    pool(2, free=2, device_type="type-VF", parent=A),
)


def test_a_virtual_function_takes_its_physical_one_away() -> None:
    used = without(FUNCTIONS, [ClaimedDevice("x", B)])
    assert [item.free for item in available(used)] == [0, 1]
    assert isinstance(take(used, [gpu(dev_type="type-PF")]), str)
    assert [item.free for item in available(give_back(used, [ClaimedDevice("x", B)]))] == [1, 2]


def test_a_physical_function_takes_its_virtual_ones_away() -> None:
    used = without(FUNCTIONS, [ClaimedDevice("x", A)])
    assert [item.free for item in available(used)] == [0, 0]
    assert isinstance(take(used, [gpu(dev_type="type-VF")]), str)


def test_devices_without_addresses_are_counted() -> None:
    pools = addressed([PciPool("10de", "20b0", 2)])
    found = take(pools, [gpu()])
    assert not isinstance(found, str)
    assert isinstance(take(found[0], [gpu(2)]), str)


def test_the_filter_by_name() -> None:
    hosts = [Host("a", pci=(pool(1),)), Host("b"), Host("c", pci=(pool(1, numa_node=5),))]
    assert filter_hosts("PciPassthroughFilter", hosts, Request("x", Shape(pci=(gpu(policy="required"),)))) == [
        True,
        False,
        True,
    ]
    assert filter_hosts("PciPassthroughFilter", hosts, Request("x", Shape())) == [True, True, True]
