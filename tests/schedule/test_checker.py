# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge finds each kind of wrong placement, and the scheduler makes none of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from novalite.model.aggregate import Aggregate
from novalite.model.provider import Provider, SharingProvider
from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.schedule.host import Host
from novalite.schedule.request import Request, Shape
from novalite.schedule.select import select
from schedule import brute
from schedule.checker import Judge, decisions_of
from schedule.worlds import World, worlds

ROOM = {"VCPU": Inventory(2, allocation_ratio=1.5), "MEMORY_MB": Inventory(4096, reserved=512, step_size=256)}
ONE = (("MEMORY_MB", 1024), ("VCPU", 1))
APART = ServerGroup("apart", "anti-affinity")
PAIRS = ServerGroup("pairs", "anti-affinity", max_server_per_host=2)
TOGETHER = ServerGroup("together", "affinity")


def host(name: str = "a", **rest: Any) -> Host:
    return Host(name, **{"inventories": ROOM, **rest})


def requests(number: int = 1, group: ServerGroup | None = None, **rest: Any) -> list[Request]:
    shape = Shape(**{"resources": ONE, **rest})
    return [Request(f"i{index}", shape, group) for index in range(number)]


A, B = host("a"), host("b")
HAS_X = host(traits=frozenset({"X"}))
INSIDE = {"aggregates": [Aggregate("g", ("a",))]}
# what is wrong: hosts, requests, where each goes, further facts; the word that the judge says of it
WRONG: dict[str, tuple[list[Host], list[Request], list[str | None], dict[str, Any], str]] = {
    "no such host": ([A], requests(), ["z"], {}, "no host z"),
    "CPUs beyond the ratio": ([A], requests(4, resources=(("VCPU", 1),)), ["a"] * 4, {}, "4 VCPU taken"),
    "memory beyond the reserve": ([A], requests(4, resources=(("MEMORY_MB", 1024),)), ["a"] * 4, {}, "MEMORY_MB taken"),
    "used before": ([host(used={"VCPU": 3})], requests(), ["a"], {}, "1 VCPU taken, there was room for 0"),
    "no such class": ([A], requests(resources=(("VGPU", 1),)), ["a"], {}, "1 VGPU"),
    "a wrong step": ([A], requests(resources=(("MEMORY_MB", 1000),)), ["a"], {}, "suits no inventory"),
    "disabled": ([host(enabled=False)], requests(), ["a"], {}, "disabled"),
    "down": ([host(up=False)], requests(), ["a"], {}, "down"),
    "off its pin": ([A, B], requests(host="b"), ["a"], {}, "pinned to b"),
    "another zone": ([host(zone="az1")], requests(zone="az2"), ["a"], {}, "asked for zone az2"),
    "zones of the fleet go first": ([host(zone="az1")], requests(zone="az1"), ["a"], {"zones": {"a": "az9"}}, "az9"),
    "no such network": ([A], requests(networks=frozenset({("bridge", "br0")})), ["a"], {}, "no network"),
    "a trait missing": ([A], requests(required=frozenset({"X"})), ["a"], {}, "lacks X"),
    "a trait of something inside, asked of the host itself": (
        [host(providers=(Provider("gpu", traits=frozenset({"X"})),))],
        requests(root_required=frozenset({"X"})),
        ["a"],
        {},
        "lacks X itself",
    ),
    "a trait too many, of the host itself": (
        [HAS_X],
        requests(root_forbidden=frozenset({"X"})),
        ["a"],
        {},
        "forbidden X itself",
    ),
    "a trait too many": ([HAS_X], requests(forbidden=frozenset({"X"})), ["a"], {}, "forbidden X"),
    "none of some traits": ([A], requests(any_of=(frozenset({"X", "Y"}),)), ["a"], {}, "none of ['X', 'Y']"),
    "outside an aggregate": ([A], requests(member_of=(frozenset({"g"}),)), ["a"], {}, "in none of the aggregates"),
    "inside an aggregate": ([A], requests(not_member_of=frozenset({"g"})), ["a"], INSIDE, "in aggregate g"),
    "two of a group": ([A], requests(2, APART), ["a", "a"], {}, "2 on a, at most 1"),
    "one beside an older one": ([A], requests(1, APART), ["a"], {"members": {"apart": {"a": 1}}}, "2 on a, at most 1"),
    "three where two may be": ([A], requests(3, PAIRS), ["a"] * 3, {}, "3 on a, at most 2"),
    "affinity apart": ([A, B], requests(2, TOGETHER), ["a", "b"], {}, "apart on ['a', 'b']"),
    "apart from an older one": ([A, B], requests(1, TOGETHER), ["b"], {"members": {"together": {"a": 1}}}, "apart"),
    "shared storage twice full": (
        [A, B],
        requests(2, resources=(("DISK_GB", 6),)),
        ["a", "b"],
        {
            "aggregates": [Aggregate("nfs", ("a", "b"))],
            "sharing": [SharingProvider("pool", ("nfs",), {"DISK_GB": Inventory(10)})],
        },
        "pool: 12 DISK_GB taken by all",
    ),
    "nobody asked": ([A], [], ["a"], {}, "nobody asked"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=list(WRONG))
def test_wrong_is_found(case: tuple[list[Host], list[Request], list[str | None], dict[str, Any], str]) -> None:
    hosts, asked, where, facts, word = case
    decisions = {f"i{index}": name for index, name in enumerate(where)}
    assert any(word in line for line in Judge(hosts, asked, **facts).violations(decisions))


def test_right_is_right() -> None:
    judge = Judge([A, B], requests(3, PAIRS))
    assert judge.violations({"i0": "a", "i1": "a", "i2": "b"}) == []
    assert judge.wrongly_refused({"i0": "a", "i1": "a", "i2": None}) == ["i2: refused, but b would take it"]
    assert judge.violations({"i0": "a"}) == ["i1: no decision", "i2: no decision"]


@settings(max_examples=300)
@given(worlds())
def test_select_breaks_no_rule_and_refuses_nobody_who_fits(world: World) -> None:
    decisions = decisions_of(select(world.table(), world.requests))
    judge = world.judge()
    assert judge.violations(decisions) == []
    assert judge.wrongly_refused(decisions) == []


@settings(max_examples=100)
@given(worlds(instances=4, size=3))
def test_greedy_never_places_more_than_can_be_placed(world: World) -> None:
    placed = sum(host is not None for host in decisions_of(select(world.table(), world.requests)).values())
    assert placed <= brute.most_placed(world.judge())
