# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole-batch search against CP-SAT on cases too large to try every assignment, and CP-SAT against brute force."""

from __future__ import annotations

import random

import attrs
import pytest
from hypothesis import given, settings

from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.schedule.host import Host
from novalite.schedule.request import Request, Shape
from novalite.schedule.search import place_batch
from novalite.schedule.select import select
from schedule import brute
from schedule.checker import decisions_of
from schedule.exact import Exact
from schedule.worlds import World, worlds

CASES = 200
SIZES = ((1, 1024, 4), (2, 1024, 8), (2, 3072, 4), (4, 2048, 12), (1, 512, 20))


def large(seed: int) -> World:
    """8 to 15 instances on 4 to 6 hosts that are nearly full of them."""
    rng = random.Random(seed)
    hosts = tuple(_host(rng, f"kvm-{index}") for index in range(1, rng.randint(4, 6) + 1))
    groups = (
        ServerGroup("apart", "anti-affinity"),
        ServerGroup("pairs", "anti-affinity", max_server_per_host=2),
        ServerGroup("together", "affinity"),
    )
    requests = tuple(
        Request(f"i{index:02d}", _shape(rng), rng.choice((None, None, *groups))) for index in range(rng.randint(8, 15))
    )
    return World(hosts, requests, members={"apart": {"kvm-1": 1}} if rng.random() < 0.3 else {})


def _host(rng: random.Random, name: str) -> Host:
    sizes = {"VCPU": rng.choice((4, 6, 8)), "MEMORY_MB": rng.choice((4096, 6144)), "DISK_GB": rng.choice((24, 40))}
    inventories = {resource: Inventory(total) for resource, total in sizes.items()}
    return Host(name, zone=rng.choice(("az1", "az2")), inventories=inventories)


def _shape(rng: random.Random) -> Shape:
    cpus, memory, disk = rng.choice(SIZES)
    zone = rng.choice((None, None, "az1", "az2"))
    return Shape(resources=(("DISK_GB", disk), ("MEMORY_MB", memory), ("VCPU", cpus)), zone=zone)


def solution(world: World, policy: str) -> tuple[dict[str, str | None], bool]:
    """Return where each goes, and whether the search says that nothing is better."""
    table = world.table()
    found = place_batch(table, world.requests, policy)
    return {name: None if row is None else table.names[row] for name, row in found.rows.items()}, found.proved


@settings(max_examples=60)
@given(worlds(instances=5, size=3))
def test_cp_sat_agrees_with_brute_force(world: World) -> None:
    """The oracle's oracle."""
    judge = world.judge()
    best = Exact(judge)
    assert best.most == brute.most_placed(judge)
    if brute.is_feasible(judge):
        assert best.fewest == brute.fewest_hosts(judge)


@pytest.mark.parametrize("part", range(4))
def test_search_against_the_best_there_is(part: int) -> None:
    """What the search calls the best is the best; the rest is seldom one short, and never better than possible."""
    proved = short = more_hosts = greedy_short = 0
    for seed in range(part, CASES, 4):
        world = large(seed)
        judge, best = world.judge(), Exact(world.judge())
        found, is_proved = solution(world, "fewest-hosts")
        assert judge.violations(found) == [], seed
        missing = best.most - placed(found)
        assert missing in ((0,) if is_proved else (0, 1)), seed
        if not missing:
            hosts = len({host for host in found.values() if host is not None})
            assert best.fewest <= hosts <= best.fewest + (0 if is_proved else 2), seed
            more_hosts += hosts > best.fewest
        proved += is_proved
        short += missing
        greedy_short += placed(decisions_of(select(world.table(), world.requests))) < best.most
    cases = CASES // 4
    assert proved >= 0.4 * cases
    assert short <= 0.08 * cases
    assert more_hosts <= 0.2 * cases
    assert greedy_short >= 0.1 * cases, "cases that greedy manages prove nothing"


def placed(decisions: dict[str, str | None]) -> int:
    return sum(host is not None for host in decisions.values())


def test_greedy_fails_where_search_succeeds() -> None:
    """Two small ones go where there is most room, and the large one fits nowhere: found by moving one of them."""
    hosts = tuple(Host(f"kvm-{index}", inventories={"VCPU": Inventory(size)}) for index, size in ((1, 4), (2, 3)))
    shapes = {size: Shape(resources=(("VCPU", size),)) for size in (1, 2, 4)}
    requests = (Request("a", shapes[1]), Request("b", shapes[2]), Request("c", shapes[4]))
    world = World(hosts, requests)
    assert decisions_of(select(world.table(), requests))["c"] is None
    found, _ = solution(world, "spread")
    assert None not in found.values()
    assert world.judge().violations(found) == []


def test_the_same_whatever_the_order_it_was_said_in() -> None:
    world = large(1)
    turned = attrs.evolve(world, hosts=world.hosts[::-1], requests=world.requests[::-1])
    assert solution(world, "spread") == solution(turned, "spread")
