# SPDX-License-Identifier: GPL-3.0-or-later
"""What exists and a rule that changed: which moves, why, in which order, or why none."""

from __future__ import annotations

from typing import Any

import pytest

from novalite.model.aggregate import Aggregate
from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.schedule.host import Host
from novalite.schedule.request import Request, Shape
from novalite.schedule.search import GroupRule, Living, make_problem, minimal_moves, rebalance, unsat_core
from novalite.schedule.search.counting import shortage
from novalite.schedule.search.moves import moves_between, settle
from novalite.schedule.search.order import APART, HOP, STOP, in_order
from novalite.schedule.search.repair import repair
from novalite.schedule.table import HostTable

APART_RULE = ServerGroup("apart", "anti-affinity")
TOGETHER = ServerGroup("together", "affinity")


def fleet(
    living: dict[str, tuple[str, int]],
    hosts: dict[str, int],
    *,
    group: ServerGroup | None = None,
    shapes: dict[str, dict[str, Any]] | None = None,
    host_facts: dict[str, dict[str, Any]] | None = None,
    **more: Any,
) -> tuple[HostTable, list[Living]]:
    """``living``: instance -> (host, VCPU); ``hosts``: host -> VCPU."""
    made = []
    for name, cpus in hosts.items():
        there = [amount for host, amount in living.values() if host == name]
        facts = (host_facts or {}).get(name, {})
        inventories = {"VCPU": Inventory(cpus)}
        made.append(Host(name, inventories=inventories, used={"VCPU": sum(there)}, num_instances=len(there), **facts))
    members: dict[str, dict[str, int]] = {}
    if group:
        for host, _ in living.values():
            counts = members.setdefault(group.name, {})
            counts[host] = counts.get(host, 0) + 1
    residents = [
        Living(Request(name, Shape((("VCPU", cpus),), **(shapes or {}).get(name, {})), group), host)
        for name, (host, cpus) in living.items()
    ]
    return HostTable(made, members=members, **more), residents


def told(moves: Any) -> list[tuple[str, str, str, str]]:
    return [(move.name, move.source, move.target, move.rule) for move in moves]


TWO = {"i1": ("a", 2), "i2": ("a", 2)}
# what changed: instances, hosts, further facts -> moves
CASES: dict[str, tuple[dict[str, tuple[str, int]], dict[str, int], dict[str, Any], list[tuple[str, str, str, str]]]] = {
    "nothing": (TWO, {"a": 8, "b": 8}, {}, []),
    "a disabled host takes nothing new and keeps what it has": (
        TWO,
        {"a": 8, "b": 8},
        {"host_facts": {"a": {"enabled": False}}},
        [],
    ),
    "a zone": (
        TWO,
        {"a": 8, "b": 8},
        {"shapes": {"i2": {"zone": "z"}}, "host_facts": {"b": {"zone": "z"}}},
        [("i2", "a", "b", "AvailabilityZoneFilter")],
    ),
    "a pin": (TWO, {"a": 8, "b": 8}, {"shapes": {"i1": {"host": "b"}}}, [("i1", "a", "b", "HostFilter")]),
    "an aggregate": (
        TWO,
        {"a": 8, "b": 8},
        {"shapes": {"i1": {"member_of": (frozenset({"g"}),)}}, "aggregates": [Aggregate("g", ("b",))]},
        [("i1", "a", "b", "MemberOfFilter")],
    ),
    "a ratio lowered: one large instead of two small": (
        {"i1": ("a", 1), "i2": ("a", 1), "i3": ("a", 2)},
        {"a": 2, "b": 8},
        {},
        [("i3", "a", "b", "CoreFilter")],
    ),
    "a group is now kept apart": (
        TWO,
        {"a": 8, "b": 8},
        {"group": APART_RULE},
        [("i2", "a", "b", "ServerGroupAntiAffinityFilter")],
    ),
    "a group is now kept together": (
        {"i1": ("a", 2), "i2": ("a", 2), "i3": ("b", 2)},
        {"a": 8, "b": 8},
        {"group": TOGETHER},
        [("i3", "b", "a", "ServerGroupAffinityFilter")],
    ),
    "somebody makes room": (
        {"i1": ("a", 4), "i2": ("b", 4), "i3": ("c", 1)},
        {"a": 4, "b": 4, "c": 8},
        {"shapes": {"i1": {"host": "b"}, "i3": {"host": "c"}}},
        [("i2", "b", "c", "makes room"), ("i1", "a", "b", "HostFilter")],
    ),
}  # fmt: skip


def same(found: list[tuple[str, str, str, str]], wanted: list[tuple[str, str, str, str]]) -> bool:
    """Tell whether moves are as wanted; of instances that are alike, any one will do."""
    return len(found) == len(wanted) and all(a[1:] == b[1:] for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_the_fewest_moves_and_their_causes(case: Any) -> None:
    living, hosts, more, wanted = case
    table, residents = fleet(living, hosts, **more)
    free = table.resource("VCPU").free.tolist()
    found = minimal_moves(table, residents)
    assert same(told(found.moves), wanted), found.moves
    assert (found.count, found.fewest) == (len(wanted), True)
    assert found.rows is not None
    assert (table.resource("VCPU").free.tolist(), table.newcomers) == (free, {})


def test_a_drained_host() -> None:
    table, residents = fleet(TWO, {"a": 8, "b": 8})
    found = minimal_moves(table, residents, leave={"a"})
    assert [(move.target, move.rule) for move in found.moves] == [("b", "leaves its host")] * 2


def test_room_for_a_new_one() -> None:
    table, residents = fleet({"i1": ("a", 2)}, {"a": 4, "b": 2})
    found = minimal_moves(table, residents, [Request("new", Shape((("VCPU", 4),)))])
    assert told(found.moves) == [("i1", "a", "b", "makes room")]
    assert found.rows == {"i1": 1, "new": 0}


def test_a_soft_group_turned_hard_keeps_one_on_its_host() -> None:
    """39 of 40 must go, and no fewer will do."""
    living = {f"i{index}": ("h0", 1) for index in range(40)}
    table, residents = fleet(living, {f"h{index}": 40 for index in range(40)}, group=APART_RULE)
    found = minimal_moves(table, residents)
    assert (found.count, found.fewest) == (39, True)


def test_what_cannot_be_is_refused_with_its_core() -> None:
    living = {f"i{index}": ("a", 1) for index in range(4)}
    shapes = {name: {"required": frozenset({"X"})} for name in living}
    facts = {name: {"traits": frozenset({"X"})} for name in "abc"}
    hosts = dict.fromkeys("abcd", 8)
    table, residents = fleet(living, hosts, group=APART_RULE, shapes=shapes, host_facts=facts)
    found = minimal_moves(table, residents)
    assert (found.rows, found.moves) == (None, ())
    assert found.core is not None
    assert found.core.proved
    assert [(one.kind, one.rule, one.subject) for one in found.core.demands] == [
        *(("item", "has a host", f"i{index}") for index in range(4)),
        *(("rule", "TraitsFilter", f"i{index}") for index in range(4)),
        ("group", "ServerGroupAntiAffinityFilter", "apart"),
    ]


def test_what_may_not_move_is_in_the_core() -> None:
    table, residents = fleet({"i1": ("a", 1)}, {"a": 8, "b": 8}, shapes={"i1": {"host": "b"}})
    stuck = [Living(residents[0].request, "a", movable=False)]
    core = minimal_moves(table, stuck).core
    assert core is not None
    assert [one.rule for one in core.demands] == ["has a host", "HostFilter", "may not move"]


def test_two_that_change_places_go_by_way_of_a_third_host() -> None:
    """Also where neither may be there for good: the rule that it breaks there is broken at home already."""
    sides = [[False, True, False], [True, False, False]]
    problem = make_problem([(4,), (4,), (4,)], [(4,), (4,)], allowed=sides, current=[0, 1])
    where = [1, 0]
    steps = in_order(problem, moves_between(problem, where), where)
    assert [(s.name, s.source, s.target, s.note) for s in steps] == [
        ("i0", "h0", "h2", HOP),
        ("i1", "h1", "h0", ""),
        ("i0", "h2", "h1", ""),
    ]


def test_who_can_as_well_stay_on_the_third_host_does() -> None:
    """No hop, and the answer says where it is now."""
    sides = [[False, True, False], [True, True, True]]
    problem = make_problem([(4,), (4,), (4,)], [(4,), (4,)], allowed=sides, current=[0, 1])
    where = [1, 0]
    steps = in_order(problem, moves_between(problem, where), where)
    assert [(s.name, s.source, s.target, s.note) for s in steps] == [("i1", "h1", "h2", ""), ("i0", "h0", "h1", "")]
    assert where == [1, 2]


def test_without_a_third_host_one_must_stop() -> None:
    problem = make_problem([(4,), (4,)], [(4,), (4,)], allowed=[[False, True], [True, False]], current=[0, 1])
    steps = in_order(problem, moves_between(problem, [1, 0]), [1, 0])
    assert [step.note for step in steps] == [STOP, ""]


def test_a_group_that_moves_as_one_is_apart_meanwhile() -> None:
    rule = GroupRule("g", "affinity")
    lines = [[False, True]] * 2
    problem = make_problem([(4,), (4,)], [(2,)] * 2, allowed=lines, groups=[rule], group_of=[0, 0], current=[0, 0])
    found = settle(problem)
    assert found.where == [1, 1]
    assert [step.note for step in in_order(problem, moves_between(problem, [1, 1]), [1, 1])] == [APART, ""]


def test_rebalance_takes_the_best_gain_first_and_stops_when_nothing_pays() -> None:
    living = {"i1": ("a", 4), "i2": ("a", 2), "i3": ("a", 1), "i4": ("a", 1)}
    table, residents = fleet(living, {"a": 8, "b": 8})
    found = rebalance(table, residents, "spread")
    assert told(found.moves)[0][:3] == ("i1", "a", "b")
    gains = [move.gain for move in found.moves]
    assert gains == sorted(gains, reverse=True)
    assert all(gain > 0 for gain in gains)
    assert found.after[0] == 500_000
    assert rebalance(table, residents, "spread", max_moves=1).moves == found.moves[:1]
    assert rebalance(table, residents, "spread", min_gain=10.0).moves == ()
    assert rebalance(table, residents, "spread", per_gib=10.0).moves == found.moves  # they copy nothing


def test_rebalance_empties_hosts() -> None:
    table, residents = fleet({"i1": ("a", 4), "i2": ("b", 1), "i3": ("b", 1)}, {"a": 8, "b": 5})
    found = rebalance(table, residents, "pack")
    assert {move.target for move in found.moves} == {"a"}
    assert [move.gain for move in found.moves] == [0.5, 0.5]
    assert (found.before[0], found.after[0]) == (2, 1)


@pytest.mark.parametrize(("room", "size", "count"), [(10, 5, 61), (10, 4, 61), (10, 6, 31)])
def test_a_core_of_capacity_alone(room: int, size: int, count: int) -> None:
    """Sums that are too large, and pieces that leave gaps: 30 hosts of 10 hold 60 of 4, not 75."""
    core = unsat_core(make_problem([(room,)] * 30, [(size,)] * (count + 20)))
    assert core is not None
    assert core.proved
    assert [one.kind for one in core.demands] == ["item"] * count + ["column"]


def test_a_core_in_a_large_batch_is_small() -> None:
    only = [[row in (3, 50, 99) for row in range(200)] if item % 250 == 7 else [True] * 200 for item in range(1000)]
    group_of = [0 if item % 250 == 7 else -1 for item in range(1000)]
    rule = GroupRule("g", "anti-affinity")
    problem = make_problem(
        [(64,)] * 200, [(1 + item % 8,) for item in range(1000)], allowed=only, groups=[rule], group_of=group_of
    )
    core = unsat_core(problem)
    assert core is not None
    assert core.proved
    assert [one.kind for one in core.demands] == ["item"] * 4 + ["rule"] * 4 + ["group"]


def test_very_many_without_a_place_are_left_over() -> None:
    """More than a search could go down through one after the other; and a core of so many is not told."""
    problem = make_problem([(4,), (4,)], [(1,)] * 1500)
    where, _ = repair(problem, [-1] * 1500, 20_000)
    assert sum(row >= 0 for row in where) == 8
    assert unsat_core(make_problem([(150,), (150,)], [(1,)] * 301)) is None


SHORT: dict[str, tuple[dict[str, Any], str | None]] = {
    "room in all": ({"capacity": [(3,), (3,)], "demand": [(2,), (2,), (3,)]}, "7 c0 asked, 6 free"),
    "room for pieces": ({"capacity": [(3,), (3,)], "demand": [(2,), (2,), (2,)]}, "3 of at least 2 c0 asked"),
    "no host at all": ({"capacity": [(3,)], "demand": [(1,)], "allowed": [[False]]}, "the rules of i0 leave no host"),
    "room where they may be": (
        {"capacity": [(9,), (1,)], "demand": [(1,), (1,)], "allowed": [[False, True]] * 2},
        "the rules of 2 instances leave 1 host: 2 c0 asked, 1 free",
    ),
    "hosts for a group": (
        {"capacity": [(9,)], "demand": [(1,)] * 2, "groups": [GroupRule("g", "anti-affinity")], "group_of": [0, 0]},
        "2 members of group g have hosts for 1",
    ),
    "enough": ({"capacity": [(3,), (3,)], "demand": [(2,), (3,)]}, None),
}  # fmt: skip


@pytest.mark.parametrize("case", SHORT.values(), ids=list(SHORT))
def test_what_counting_shows(case: Any) -> None:
    given, told = case
    found = shortage(make_problem(**given))
    assert found is None if told is None else told in str(found)
