# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that change after birth, in plans: who moves where, by which rule and line, or what cannot hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from moved import fleet_of, hosts_with, line, moves, plan_of
from novalite.plan import problems as ids
from novalite.plan.build import reconcile
from novalite.render.text import plan_text

if TYPE_CHECKING:
    from pathlib import Path

    from novalite.model.plan import Plan

Hosts = dict[str, dict[str, Any]]
TWO: Hosts = {"kvm-1": {}, "kvm-2": {}}
THREE: Hosts = {**TWO, "kvm-3": {}}
FOUR: Hosts = {**THREE, "kvm-4": {}}
ZONES: Hosts = {name: {"config": {"zone": zone}} for name, zone in (("kvm-1", "az1"), ("kvm-2", "az2"))}
NVME: Hosts = {"kvm-1": {}, "kvm-2": {"config": {"traits": ["CUSTOM_NVME"]}}}
NO_RATIO = {"inventories": {"VCPU": {"allocation_ratio": 1.0}}}


def exactly(cpus: int, *names: str) -> Hosts:
    """Hosts that lend no CPU twice."""
    return {name: {"cpus": cpus, "config": NO_RATIO} for name in names}


def group(policy: str, count: int = 3, more: str = "") -> str:
    return f"""\
server_groups:
  web: {{policy: {policy}{more}}}
instances:
  web: {{count: {count}, group: web}}
"""


def disks(host: str, flavor: str) -> str:
    return f"""\
aggregates:
  disks: {{hosts: [{host}], metadata: {{ssd: "true"}}}}
instances:
  a: {{flavor: {flavor}}}
  b: {{}}
"""


def owned(*more: str) -> str:
    return "\n".join(["aggregates:", "  rack: {hosts: [kvm-1], metadata: {", *more, "}}", "instances:", "  a: {}\n"])


def one(said: str) -> str:
    return f"instances:\n  a: {{{said}}}\n  b: {{}}\n"


ZONE_2 = "aggregates: {x: {hosts: [kvm-2], metadata: {availability_zone: az2}}}\n"
ISOLATED = "scheduler: {isolated_hosts: [kvm-2], isolated_images: [locked]}\n"
PAIRS = {"web-0": "kvm-1", "web-1": "kvm-1", "web-2": "kvm-2", "web-3": "kvm-2"}
CROWD = {"web-0": "kvm-1", "web-1": "kvm-1", "web-2": "kvm-2"}
A1 = {"a": "kvm-1", "b": "kvm-1"}

# what changed: text before, after, where they live, hosts -> moves, the rule, the line that asks for it
CHANGES: dict[str, tuple[str, str, dict[str, str], Hosts, list[tuple[str, str, str]], str, str]] = {
    "a soft policy is hard now": (
        group("soft-anti-affinity"),
        group("anti-affinity"),
        CROWD,
        THREE,
        [("web-0", "kvm-1", "kvm-3")],
        "ServerGroupAntiAffinityFilter",
        "web: {policy: anti-affinity}",
    ),
    "fewer of a group may share a host": (
        group("anti-affinity", 4, ", max_server_per_host: 2"),
        group("anti-affinity", 4),
        PAIRS,
        FOUR,
        [("web-0", "kvm-1", "kvm-3"), ("web-2", "kvm-2", "kvm-4")],
        "ServerGroupAntiAffinityFilter",
        "web: {policy: anti-affinity}",
    ),
    "a group is declared later": (
        "instances:\n  web: {count: 3}\n",
        group("affinity"),
        CROWD,
        TWO,
        [("web-2", "kvm-2", "kvm-1")],
        "ServerGroupAffinityFilter",
        "web: {policy: affinity}",
    ),
    "a zone": (
        one("availability_zone: az1"),
        one("availability_zone: az2"),
        A1,
        ZONES,
        [("a", "kvm-1", "kvm-2")],
        "AvailabilityZoneFilter",
        "a: {availability_zone: az2}",
    ),
    "a zone that an aggregate makes": (
        one(""),
        ZONE_2 + one("availability_zone: az2"),
        A1,
        TWO,
        [("a", "kvm-1", "kvm-2")],
        "AvailabilityZoneFilter",
        "a: {availability_zone: az2}",
    ),
    "a pin": (
        one("host: kvm-1"),
        "instances:\n  a:\n    host: kvm-2\n  b: {}\n",
        A1,
        TWO,
        [("a", "kvm-1", "kvm-2")],
        "HostFilter",
        "host: kvm-2",
    ),
    "an aggregate has another host": (
        disks("kvm-1", "ssd"),
        disks("kvm-2", "ssd"),
        A1,
        TWO,
        [("a", "kvm-1", "kvm-2")],
        "AggregateInstanceExtraSpecsFilter",
        'ssd: {vcpus: 1, ram: 512MiB, disk: 4GiB, extra_specs: {"aggregate_instance_extra_specs:ssd": "true"}}',
    ),
    "an aggregate, asked without a scope": (
        disks("kvm-1", "fast"),
        disks("kvm-2", "fast"),
        A1,
        TWO,
        [("a", "kvm-1", "kvm-2")],
        "AggregateInstanceExtraSpecsFilter",
        'fast: {vcpus: 1, ram: 512MiB, disk: 4GiB, extra_specs: {ssd: "true"}}',
    ),
    "an aggregate is for another project": (
        owned(),
        owned("filter_tenant_id: bank"),
        {"a": "kvm-1"},
        TWO,
        [("a", "kvm-1", "kvm-2")],
        "AggregateMultiTenancyIsolation",
        "filter_tenant_id: bank",
    ),
    "an aggregate is for another flavor": (
        owned(),
        owned("instance_type: large"),
        {"a": "kvm-1"},
        TWO,
        [("a", "kvm-1", "kvm-2")],
        "AggregateTypeAffinityFilter",
        "instance_type: large",
    ),
    "hosts are isolated": (
        one("image: locked"),
        ISOLATED + one("image: locked"),
        {"a": "kvm-1", "b": "kvm-2"},
        TWO,
        [("a", "kvm-1", "kvm-2"), ("b", "kvm-2", "kvm-1")],
        "IsolatedHostsFilter",
        ISOLATED.strip(),
    ),
    "a host lost a trait": (
        one("flavor: quick"),
        one("flavor: quick"),
        A1,
        NVME,
        [("a", "kvm-1", "kvm-2")],
        "TraitsFilter",
        'quick: {vcpus: 1, ram: 512MiB, disk: 4GiB, extra_specs: {"trait:CUSTOM_NVME": required}}',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES.values(), ids=list(CHANGES))
def test_a_rule_that_changed(case: Any, tmp_path: Path) -> None:
    before, after, living, hosts, wanted, rule, asks = case
    plan = plan_of(tmp_path, before, after, living, hosts)
    assert moves(plan) == wanted
    assert dict(plan.moves)["fewest"]
    assert [(problem.id, problem.severity) for problem in plan.problems] == [(ids.WRONG_PLACE, "error")] * len(wanted)
    assert {line(plan, index) for index in range(len(wanted))} == {asks}
    told = {change.name: change for change in plan.changes if change.action == "move"}
    assert told.keys() == {name for name, *_ in wanted}
    assert all(f"({rule})" in change.reason for change in told.values())
    assert all(change.host == target for name, _, target in wanted if (change := told[name]))
    assert not any(change.action == "refused" for change in plan.changes)
    assert plan.kept + len(plan.changes) == len(living)


def test_every_kept_instance_is_where_the_rules_let_it_be(tmp_path: Path) -> None:
    """The moves, made by hand one after the other, leave a plan without any."""
    for before, after, living, hosts, wanted, *_ in CHANGES.values():
        now = dict(living)
        for name, source, target in wanted:
            assert now[name] == source
            now[name] = target
        assert moves(plan_of(tmp_path, before, after, now, hosts)) == []


@pytest.mark.parametrize("case", CHANGES.values(), ids=list(CHANGES))
def test_no_change_no_moves(case: Any, tmp_path: Path) -> None:
    before, _, living, hosts, *_ = case
    if hosts is NVME:
        hosts = {**hosts, "kvm-1": hosts["kvm-2"]}
    plan = plan_of(tmp_path, before, before, living, hosts)
    assert (plan.changes, plan.problems, plan.kept) == ((), (), len(living))
    assert not plan.moves


def crowd(hosts: Hosts, count: int = 5, large: bool = True) -> tuple[str, dict[str, str], Hosts]:
    text = f"instances:\n  a: {{count: {count}}}\n" + ("  b: {flavor: large}\n" if large else "")
    return text, {**{f"a-{number}": "kvm-1" for number in range(count)}, **({"b": "kvm-1"} if large else {})}, hosts


def test_a_lowered_ratio_is_a_warning(tmp_path: Path) -> None:
    """Nothing that is declared is wrong: the plan can be applied. The fewest go, and those who take most."""
    text, living, hosts = crowd({**TWO, "kvm-1": {"config": NO_RATIO}})
    plan = plan_of(tmp_path, text, text, living, hosts)
    assert [(name, target) for name, _, target in moves(plan)] == [("a-0", "kvm-2"), ("b", "kvm-2")]
    assert (plan.moves["count"], plan.moves["fewest"]) == (2, True)
    assert {(problem.id, problem.severity) for problem in plan.problems} == {(ids.WRONG_PLACE, "warning")}
    assert not plan.is_errored
    assert "a-0 should move from kvm-1 to kvm-2: they take 9 VCPU on kvm-1, where there is room for 4" in {
        problem.summary for problem in plan.problems
    }
    assert plan.kept == 4


def test_a_full_host_and_no_room_elsewhere_is_a_warning_too(tmp_path: Path) -> None:
    text, living, hosts = crowd({"kvm-1": {"config": NO_RATIO}}, large=False)
    plan = plan_of(tmp_path, text, text, living, hosts)
    assert [(problem.id, problem.severity) for problem in plan.problems] == [(ids.CANNOT_HOLD, "warning")]
    assert plan.problems[0].summary == "kvm-1 holds more than it offers, and there is not enough room elsewhere"
    assert (plan.kept, plan.changes) == (5, ())


def test_a_full_host_does_not_hide_a_broken_rule(tmp_path: Path) -> None:
    """What is too much has nowhere to go, and the pin is still told with its move."""
    text, living, hosts = crowd(
        {"kvm-1": {"config": NO_RATIO}, "kvm-2": {"cpus": 1, "config": NO_RATIO}}, 8, large=False
    )
    after = text.replace("  a: {count: 8}\n", "  a: {count: 7}\n  a-7: {host: kvm-2}\n")
    plan = plan_of(tmp_path, text, after, living, hosts)
    assert moves(plan) == [("a-7", "kvm-1", "kvm-2")]
    assert [(one.id, one.severity) for one in plan.problems] == [
        (ids.WRONG_PLACE, "error"),
        (ids.CANNOT_HOLD, "warning"),
    ]


STUCK: dict[str, tuple[str, str, dict[str, str], Hosts, list[str]]] = {
    "a group with more members than hosts": (
        group("soft-anti-affinity"),
        group("anti-affinity"),
        CROWD,
        TWO,
        [
            "web-0 must have a host",
            "web-1 must have a host",
            "web-2 must have a host",
            "group web: anti-affinity, at most 1 on a host",
            "3 members of group web have hosts for 2, at most 1 on each",
        ],
    ),
    "a trait that no host has": (
        one("flavor: quick"),
        one("flavor: quick"),
        A1,
        TWO,
        ["a must have a host", "a: TraitsFilter", "the rules of a leave no host"],
    ),
    "a pin to a host without the zone": (
        one("host: kvm-1, availability_zone: az1"),
        one("host: kvm-2, availability_zone: az1"),
        A1,
        ZONES,
        ["a must have a host", "a: AvailabilityZoneFilter", "a: HostFilter", "the rules of a leave no host"],
    ),
    "a pin to a host that is full of one that is pinned there": (
        "instances:\n  a: {flavor: large}\n  b: {flavor: large, host: kvm-2}\n",
        "instances:\n  a: {flavor: large, host: kvm-2}\n  b: {flavor: large, host: kvm-2}\n",
        {"a": "kvm-1", "b": "kvm-2"},
        exactly(4, "kvm-1", "kvm-2"),
        [
            "a must have a host",
            "b must have a host",
            "a: HostFilter",
            "b: HostFilter",
            "no host holds more VCPU than it offers",
            "the rules of 2 instances leave 1 host: 8 VCPU asked, 4 free",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STUCK.values(), ids=list(STUCK))
def test_what_cannot_hold_is_said_with_its_lines(case: Any, tmp_path: Path) -> None:
    before, after, living, hosts, core = case
    plan = plan_of(tmp_path, before, after, living, hosts)
    assert [(problem.id, problem.severity) for problem in plan.problems] == [(ids.CANNOT_HOLD, "error")]
    problem = plan.problems[0]
    assert [text for text, _ in problem.related] + problem.detail.splitlines() == core
    assert "as far as was searched" not in problem.summary
    assert moves(plan) == []
    assert any(change.action == "refused" for change in plan.changes)
    assert plan.kept + len(plan.changes) == len(living)


def test_without_any_one_line_of_a_core_the_rest_holds(tmp_path: Path) -> None:
    """The core of the pinned pair, each of its lines dropped in turn."""
    before, after, living, hosts, _ = STUCK["a pin to a host that is full of one that is pinned there"]
    gone = {name: host for name, host in living.items() if name != "b"}
    less = after.replace("  b: {flavor: large, host: kvm-2}\n", "")
    assert moves(plan_of(tmp_path, before, less, gone, hosts)) == [("a", "kvm-1", "kvm-2")]
    free_b = after.replace("b: {flavor: large, host: kvm-2}", "b: {flavor: large}")
    assert len(moves(plan_of(tmp_path, before, free_b, living, hosts))) == 2
    free_a = after.replace("a: {flavor: large, host: kvm-2}", "a: {flavor: large}")
    assert moves(plan_of(tmp_path, before, free_a, living, hosts)) == []
    assert moves(plan_of(tmp_path, before, after, living, exactly(8, "kvm-1", "kvm-2"))) == [("a", "kvm-1", "kvm-2")]


SWAP = "instances:\n  a: {flavor: large, host: %s}\n  b: {flavor: large, host: %s}\n"
SWAPPED = {"a": "kvm-1", "b": "kvm-2"}


def swapped(tmp_path: Path, hosts: Hosts) -> Plan:
    return plan_of(tmp_path, SWAP % ("kvm-1", "kvm-2"), SWAP % ("kvm-2", "kvm-1"), SWAPPED, hosts)


def test_two_that_change_places_go_by_way_of_a_third_host(tmp_path: Path) -> None:
    """Each step fits while it is done; the line of who goes twice says both, and its numbers."""
    plan = swapped(tmp_path, exactly(5, "kvm-1", "kvm-2", "kvm-3"))
    assert moves(plan) == [("a", "kvm-1", "kvm-3"), ("b", "kvm-2", "kvm-1"), ("a", "kvm-3", "kvm-2")]
    assert (plan.moves["count"], plan.moves["steps"]) == (2, 3)
    assert plan.changes[0].summary == "large, kvm-1 -> kvm-3 -> kvm-2"
    assert plan.changes[0].reason.startswith("1 and 3 of 3: asked kvm-2, this is kvm-1 (HostFilter); by way of")
    assert "Moves: 2 (3 with detours), no fewer will do; 30.0 GiB to copy." in plan_text(plan)


def test_two_that_change_places_without_room_say_so(tmp_path: Path) -> None:
    plan = swapped(tmp_path, exactly(5, "kvm-1", "kvm-2"))
    assert len(moves(plan)) == 2
    assert "stop it, let the others move, start it" in plan.changes[0].reason


def test_somebody_makes_room_and_goes_first(tmp_path: Path) -> None:
    text = "instances:\n  a: {flavor: large}\n  b: {flavor: large}\n"
    after = text.replace("a: {flavor: large}", "a: {flavor: large, host: kvm-2}")
    plan = plan_of(tmp_path, text, after, SWAPPED, exactly(4, "kvm-1", "kvm-2", "kvm-3"))
    assert moves(plan) == [("b", "kvm-2", "kvm-3"), ("a", "kvm-1", "kvm-2")]
    assert plan.changes[1].reason == "1 of 2: others need its room on kvm-2"
    assert "a move of another instance needs its room" in {problem.detail for problem in plan.problems}


def test_who_may_stay_gets_what_else_is_declared(tmp_path: Path) -> None:
    """The other member of a group is not refused: its mark is updated where it is."""
    after = group("anti-affinity", 2).replace("group: web}", "group: web, metadata: {role: x}}")
    plan = plan_of(tmp_path, group("soft-anti-affinity", 2), after, {"web-0": "kvm-1", "web-1": "kvm-1"}, TWO)
    assert [(change.name, change.action) for change in plan.changes] == [("web-0", "move"), ("web-1", "update")]
    assert plan.changes[1].summary == "group policy soft-anti-affinity -> anti-affinity, metadata role"
    assert [step.name for wave in plan.waves for step in wave] == ["web-1"]


def test_a_change_that_is_refused_for_more_keeps_its_refusal(tmp_path: Path) -> None:
    """Nothing is lost: a disk cannot shrink, and it is in the wrong zone."""
    plan = plan_of(tmp_path, one("availability_zone: az1, flavor: large"), one("availability_zone: az2"), A1, ZONES)
    assert [(change.name, change.action) for change in plan.changes] == [("a", "refused")]
    assert "flavor.disk_gib" in plan.changes[0].reason
    assert "must move, too: kvm-1 -> kvm-2" in plan.changes[0].reason
    assert len(plan.problems) == 2


def test_an_update_of_who_should_move_is_still_made(tmp_path: Path) -> None:
    """On a host that is too full the plan can be applied: the line is that of the update."""
    text, living, hosts = crowd({**TWO, "kvm-1": {"config": NO_RATIO}}, large=False)
    plan = plan_of(tmp_path, text, text.replace("count: 5", "count: 5, metadata: {role: x}"), living, hosts)
    assert not plan.is_errored
    assert [change.action for change in plan.changes] == ["update"] * 5
    assert [step.action for wave in plan.waves for step in wave] == ["mark"] * 5
    assert len(moves(plan)) == 1
    assert sum("must move, too" in change.reason for change in plan.changes) == 1


def test_what_is_taken_counts_not_what_a_flavor_says_by_now(tmp_path: Path) -> None:
    """Its flavor grew; where its instance must go, what it really takes has to fit."""
    before, after = one("host: kvm-1"), one("host: kvm-2, flavor: large")
    plan = plan_of(tmp_path, before, after, A1, {**exactly(4, "kvm-1"), **exactly(1, "kvm-2")})
    assert moves(plan) == [("a", "kvm-1", "kvm-2")]


def test_limits_for_newcomers_drive_nobody_out(tmp_path: Path) -> None:
    """A disabled host, and a limit below what is there: who lives there stays, others are not sent there."""
    limit = "scheduler: {enabled_filters: [NumInstancesFilter, ComputeFilter], max_instances_per_host: 1}\n"
    plan = plan_of(tmp_path, one(""), limit + one(""), A1, TWO)
    assert (plan.changes, plan.problems) == ((), ())
    disabled = {**THREE, "kvm-1": {"config": {"enabled": False}}, "kvm-2": {"config": {"enabled": False}}}
    plan = plan_of(tmp_path, one(""), one(""), A1, disabled)
    assert (plan.changes, plan.problems) == ((), ())
    both = {"web-0": "kvm-1", "web-1": "kvm-1"}
    plan = plan_of(tmp_path, group("soft-anti-affinity", 2), group("anti-affinity", 2), both, disabled)
    assert moves(plan) == [("web-0", "kvm-1", "kvm-3")]


def test_a_fleet_in_order_needs_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Aggregates, traits and isolation that are all kept: no host table is made, however much is declared."""
    text = """\
scheduler: {isolated_hosts: [kvm-2], isolated_images: [locked]}
aggregates:
  disks: {hosts: [kvm-1], metadata: {ssd: "true", filter_tenant_id: "bank, shop", instance_type: "ssd,quick"}}
instances:
  a: {flavor: ssd}
  b: {flavor: quick}
  c: {image: locked}
"""
    hosts: Hosts = {**TWO, "kvm-1": {"config": {"traits": ["CUSTOM_NVME"]}}}
    fleet = fleet_of(tmp_path, text)
    snapshot = hosts_with(fleet, {"a": "kvm-1", "b": "kvm-1", "c": "kvm-2"}, hosts)
    monkeypatch.setattr("novalite.plan.moves.table_of", None)
    plan = reconcile(fleet, snapshot)
    assert (plan.kept, plan.problems) == (3, ())


def test_two_that_claim_to_be_one_are_left_to_the_conflict(tmp_path: Path) -> None:
    """Nobody says where a double must move."""
    fleet = fleet_of(tmp_path, one("host: kvm-2"))
    snapshot = hosts_with(fleet, A1, TWO)
    twice = attrs.evolve(
        snapshot,
        hosts={
            **snapshot.hosts,
            "kvm-2": attrs.evolve(snapshot.hosts["kvm-2"], instances=snapshot.hosts["kvm-1"].instances),
        },
    )
    plan = reconcile(fleet, twice)
    assert {problem.id for problem in plan.problems} == {ids.CONFLICT}
    assert not plan.moves


def test_many_astray_go_where_they_belong_and_no_others(tmp_path: Path) -> None:
    """A zone was renamed, on half of its hosts: who is on the other half moves, each to a host of the zone."""
    names = [f"kvm-{number}" for number in range(1, 41)]
    hosts: Hosts = {name: {"config": {"zone": "az1"}} for name in names}
    renamed = f"aggregates:\n  new: {{hosts: [{', '.join(names[:20])}], metadata: {{availability_zone: az2}}}}\n"
    living = {f"web-{number}": names[number % 40] for number in range(240)}
    before = "instances:\n  web: {count: 240, availability_zone: az1}\n"
    plan = plan_of(tmp_path, before, renamed + before.replace("az1", "az2"), living, hosts)
    made = moves(plan)
    assert {name for name, *_ in made} == {name for name, host in living.items() if host in names[20:]}
    assert {target for *_, target in made} <= set(names[:20])
    assert (plan.moves["count"], plan.moves["fewest"], plan.moves["least"]) == (120, True, 120)
    assert len(plan.changes) == 240
