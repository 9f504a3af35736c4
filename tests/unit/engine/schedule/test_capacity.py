# SPDX-License-Identifier: GPL-3.0-or-later
"""How many more fit: arithmetic and booking say the same, and both say what placing one after the other gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from novalite.model.aggregate import Aggregate
from novalite.model.placement import Placement
from novalite.model.provider import SharingProvider
from novalite.model.resource import Inventory
from novalite.schedule import capacity
from novalite.schedule.capacity import room
from novalite.schedule.host import Host
from novalite.schedule.options import Options
from novalite.schedule.request import Request, Shape
from novalite.schedule.select import select
from novalite.schedule.table import HostTable

if TYPE_CHECKING:
    import pytest

SMALL = Request("small", Shape(resources=(("MEMORY_MB", 2), ("VCPU", 1))))
RACKS = (Aggregate("a", ("kvm-1", "kvm-2"), {"rack": "a"}), Aggregate("b", ("kvm-3",), {"rack": "b"}))


def make_host(name: str, ram: int = 8, vcpus: int = 8, **rest: Any) -> Host:
    return Host(name, inventories={"MEMORY_MB": Inventory(ram), "VCPU": Inventory(vcpus)}, **rest)


def by_placing(table: HostTable, request: Request) -> int:
    """Place one after the other until the scheduler finds no host."""
    for count in range(1000):
        if not isinstance(select(table, [request._replace(name=f"{request.name}-{count}")])[0], Placement):
            return count
    raise AssertionError


def test_now_and_after_the_worst_loss() -> None:
    hosts = [make_host("kvm-1", 5, zone="az1"), make_host("kvm-2", 8, zone="az2"), make_host("kvm-3", 6, zone="az1")]
    living = {1: [Request("web", Shape(resources=(("MEMORY_MB", 3),)))]}
    found = room(HostTable(hosts, aggregates=RACKS), SMALL, ["host", "zone", "rack", "feed"], living)
    assert (found.now, found.hosts, found.is_exact) == (9, 3, True)
    assert [(loss.of, loss.domain, loss.left, loss.to_place, loss.left_after) for loss in found.losses] == [
        ("host", "kvm-2", 5, 1, 4),
        ("zone", "az1", 4, 0, 4),
        ("rack", "a", 3, 1, 1),
    ]


def test_what_finds_no_place_after_a_loss() -> None:
    """The instance that is too large for the rest: nothing is promised."""
    hosts = [make_host("kvm-1", 2), make_host("kvm-2", 8)]
    living = {1: [Request("db", Shape(resources=(("MEMORY_MB", 7),)))]}
    (loss,) = room(HostTable(hosts), SMALL, ["host"], living).losses
    assert (loss.domain, loss.left, loss.left_after) == ("kvm-2", 1, None)


def test_rules_of_shape_count() -> None:
    """A trait, a disabled host; and where none fits, what refuses."""
    hosts = [make_host("kvm-1", traits=frozenset({"CUSTOM_A"})), make_host("kvm-2"), make_host("kvm-3", enabled=False)]
    asked = SMALL._replace(shape=attrs.evolve(SMALL.shape, required=frozenset({"CUSTOM_A"})))
    assert room(HostTable(hosts), asked, [], {}).now == 4
    none = room(HostTable(hosts[1:]), asked, [], {})
    assert (none.now, none.limits) == (0, "1 ComputeFilter, 1 TraitsFilter")


def test_what_hosts_share_is_counted_once() -> None:
    """Ten of disk behind two hosts are ten, not twenty."""
    disk = SharingProvider("nfs", ("all",), {"DISK_GB": Inventory(10)})
    aggregates = [Aggregate("all", ("kvm-1", "kvm-2"))]
    request = Request("big", Shape(resources=(("DISK_GB", 4), ("MEMORY_MB", 1))))
    table = HostTable([make_host("kvm-1"), make_host("kvm-2")], aggregates=aggregates, sharing=[disk])
    assert room(table, request, [], {}).now == 2
    assert by_placing(table, request) == 2


def test_counting_by_booking_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is then at least so many."""
    monkeypatch.setattr(capacity, "MOST_BOOKED", 3)
    monkeypatch.setattr(capacity, "ARITHMETIC", frozenset())
    found = room(HostTable([make_host("kvm-1"), make_host("kvm-2")]), SMALL, [], {})
    assert not found.is_exact
    assert 3 <= found.now < 8


HOSTS = st.tuples(
    *[
        st.builds(
            make_host,
            st.just(f"kvm-{number}"),
            st.integers(0, 9),
            st.integers(0, 9),
            used=st.sampled_from([{}, {"MEMORY_MB": 3}, {"VCPU": 12}]),
            enabled=st.booleans(),
        )
        for number in range(3)
    ]
)


@given(HOSTS, st.integers(1, 4), st.integers(1, 4), st.sampled_from(["nova", "fast"]))
def test_arithmetic_is_what_the_scheduler_places(hosts: tuple[Host, ...], ram: int, vcpus: int, policy: str) -> None:
    options = Options(policy=policy)
    request = Request("small", Shape(resources=(("MEMORY_MB", ram), ("VCPU", vcpus))))
    table = HostTable(hosts, options=options)
    exact = room(table, request, ["host"], {})
    counts, is_all = capacity._booked(table, request)
    assert is_all
    assert exact.now == int(counts.sum()) == by_placing(HostTable(hosts, options=options), request)
    for loss in exact.losses:
        lefts = [
            by_placing(HostTable([host for host in hosts if host is not lost], options=options), request)
            for lost in hosts
        ]
        assert loss.left == min(lefts)
