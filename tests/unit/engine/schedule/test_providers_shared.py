# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts share: there once, whichever of them takes of it."""

from __future__ import annotations

from novalite.model.placement import Placement, Unplaced
from novalite.model.resource import Inventory
from novalite.schedule.batch import Batch
from novalite.schedule.host import Host
from novalite.schedule.request import Request
from novalite.schedule.select import select
from novalite.schedule.table import HostTable
from tree_builders import NFS, OWN, STORAGE, wants


def test_what_is_shared_is_there_once() -> None:
    """100 GiB for two hosts that each report 1000 of their own: ten times 10 and no more, on whichever host."""
    table = HostTable([Host("a", inventories=OWN), Host("b", inventories=OWN)], aggregates=[STORAGE], sharing=[NFS])
    assert table.resource("DISK_GB").free.tolist() == [100, 100]
    results = select(table, [wants(f"web-{n}", resources={"VCPU": 1, "DISK_GB": 10}) for n in range(11)])
    assert [type(result) for result in results] == [Placement] * 10 + [Unplaced]
    assert table.resource("DISK_GB").free.tolist() == [0, 0]
    assert len({result.host for result in results if isinstance(result, Placement)}) == 2
    assert isinstance(results[10], Unplaced)
    assert set(results[10].refused) == {"DiskFilter"}


def test_traits_of_what_is_shared_count_where_it_gives() -> None:
    """A host outside of the aggregate has its own disk, and not the trait of the shared one."""
    hosts = [Host(name, inventories=OWN) for name in ("a", "c")]
    table = HostTable(hosts, aggregates=[STORAGE], sharing=[NFS])
    ssd = {"required": frozenset({"STORAGE_DISK_SSD"})}
    (result,) = select(table, [wants(resources={"DISK_GB": 10}, **ssd)])
    assert isinstance(result, Placement)
    assert result.host == "a"
    (result,) = select(table, [wants(resources={"VCPU": 1}, **ssd)])
    assert isinstance(result, Unplaced)


def test_a_booking_on_one_host_lowers_what_the_others_weigh_and_can_be_taken_back() -> None:
    table = HostTable([Host("a", inventories=OWN), Host("b", inventories=OWN)], aggregates=[STORAGE], sharing=[NFS])
    request = wants(resources={"DISK_GB": 30})
    before = {
        name: getattr(table.resource("DISK_GB"), name).tolist() for name in ("total", "used", "free", "unreserved")
    }
    table.book(request, 0)
    assert table.resource("DISK_GB").free.tolist() == [70, 70]
    assert table.resource("DISK_GB").used.tolist() == [30, 30]
    table.unbook(request, 0)
    after = {name: getattr(table.resource("DISK_GB"), name).tolist() for name in before}
    assert after == before


def test_views_of_a_batch_see_what_is_shared() -> None:
    """Requests that take of the shared disk between others that are only weighed by it: as without views."""
    shapes = [wants(resources={"VCPU": 1}).shape, wants(resources={"VCPU": 1, "DISK_GB": 9}).shape]
    requests = [Request(f"web-{n}", shapes[n % 2]) for n in range(20)]
    hosts = [
        Host("a", inventories=OWN),
        Host("b", inventories=OWN),
        Host("c", inventories={**OWN, "DISK_GB": Inventory(60)}),
    ]
    found = []
    for use_views in (True, False):
        batch = Batch(HostTable(hosts, aggregates=[STORAGE], sharing=[NFS]), use_views=use_views)
        found.append(batch.place_all(requests))
    assert found[0] == found[1]
    assert len({result.host for result in found[0] if isinstance(result, Placement)}) > 1
