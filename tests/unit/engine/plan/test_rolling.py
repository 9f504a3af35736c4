# SPDX-License-Identifier: GPL-3.0-or-later
"""Waves of sets: who goes when, what is waited for, what is told; and a simulator that never sees too many down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from builders import make_facts, make_fleet, make_instance, make_present, make_snapshot
from novalite.model.rolling import Ready, Rolling
from novalite.model.server_group import ServerGroup
from novalite.model.verb import VERBS
from novalite.observe.parse import snapshot_from_facts
from novalite.plan.build import reconcile
from novalite.plan.file import plan_from_json, plan_to_json
from novalite.plan.problems import SET_IS_DOWN
from novalite.plan.rebuild import plan_rebuild
from novalite.plan.rolling_sets import sets_of_verb
from novalite.plan.verb import plan_verb
from novalite.render.markdown import plan_markdown
from novalite.render.text import plan_text
from rolling_world import NEW, group_of, world
from simulate import simulate

if TYPE_CHECKING:
    from novalite.model.plan import Plan


def drawn(plan: Plan) -> list[str]:
    """Return each wave of the plan as "0 1" for the members restarted in it, with "?0" for those only waited for."""
    found = []
    for wave in plan.waves:
        did = {step.name[4:] for step in wave if step.action != "ready"}
        waited = {step.name[4:] for step in wave if step.action == "ready"}
        assert {step.name[4:] for step in wave if step.action == "reboot"} <= waited, "nobody waits for it"
        found.append(" ".join(sorted(did) + sorted(f"?{name}" for name in waited - did)))
    return found


# what is said of the set, where its members are, what is done, their power -> the waves
ROWS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "one at a time": ({}, {"hosts": "aaa"}, ["0", "1", "2"]),
    "two at a time, those of a host together": ({"max_unavailable": 2}, {"hosts": "abab"}, ["0 2", "1 3"]),
    "kept apart: as many hosts as there are": (
        {"policy": "anti-affinity", "max_unavailable": 2},
        {"hosts": "aabb"},
        ["0 2", "1 3"],
    ),
    "a share is rounded down": ({"max_unavailable": "50%"}, {"hosts": "aaaaa"}, ["0 1", "2 3", "4"]),
    "and is at least one": ({"max_unavailable": "10%"}, {"hosts": "aa"}, ["0", "1"]),
    "a canary first": ({"max_unavailable": 3, "canary": 1}, {"hosts": "abab"}, ["0", "1 2 3"]),
    "a canary of two": ({"max_unavailable": 3, "canary": 2}, {"hosts": "aaaa"}, ["0 1", "2 3"]),
    "no canary where one is done": (
        {"max_unavailable": 3, "canary": 1},
        {"hosts": "aaaa", "done": "0"},
        ["?0", "1 2 3"],
    ),
    "those that are done are looked at first": ({}, {"hosts": "abab", "done": "01"}, ["?0 ?1", "2", "3"]),
    "that it runs needs no look": (
        {"ready": Ready()},
        {"hosts": "aaa", "done": "0"},
        ["1", "2"],
    ),
    "nothing to do": ({}, {"hosts": "aaa", "done": "012"}, []),
    "one that is off is started first": ({}, {"hosts": "aaa", "powers": {1: "shutoff"}}, ["1", "0", "2"]),
    "one that is paused goes on first, then anew": (
        {},
        {"hosts": "aa", "powers": {1: "paused"}},
        ["1", "1", "0"],
    ),
    "one that was not ready is down already, and goes first": (
        {"canary": 1},
        {"hosts": "aaa", "unready": "2"},
        ["2", "0", "1"],
    ),
    "one that was not ready and is as declared must be": (
        {},
        {"hosts": "aa", "done": "1", "unready": "1"},
        ["?1", "0"],
    ),
    "also where running is enough": (
        {"ready": Ready()},
        {"hosts": "aaa", "done": "12", "unready": "1"},
        ["?1", "0"],
    ),
    "nobody is taken down": ({}, {"hosts": "aaa", "done": "01", "unready": "2"}, ["2"]),
    "one on a host that does not answer counts": ({"max_unavailable": 2}, {"hosts": "aa?"}, ["0", "1"]),
    "so no wave is larger": ({"max_unavailable": 3, "canary": 3}, {"hosts": "aaaa?"}, ["0 1", "2 3"]),
}


@pytest.mark.parametrize("name", ROWS)
def test_waves(name: str) -> None:
    """And after them nothing is left to do."""
    said, there, waves = ROWS[name]
    fleet, snapshot = world(**there, group=group_of(**said))
    plan = reconcile(fleet, snapshot)
    assert drawn(plan) == waves
    assert not plan.is_errored
    assert plan_to_json(plan_from_json(plan_to_json(plan))) == plan_to_json(plan)
    assert reconcile(fleet, simulate(snapshot, plan)).is_empty


def test_a_set_that_lost_too_many_is_refused() -> None:
    """The names are told; nothing of the plan is applied."""
    fleet, snapshot = world("aa??", group=group_of(max_unavailable=2))
    plan = reconcile(fleet, snapshot)
    (problem,) = plan.problems
    assert (problem.id, problem.detail) == (SET_IS_DOWN, "web-2, web-3")
    assert problem.summary == "server group web: 2 of 4 down or unknown, max_unavailable is 2"


@pytest.mark.parametrize("state", [{"rescue": {"since": "x"}}, {"shelved": {"since": "x"}}])
def test_one_in_rescue_counts_as_down(state: dict[str, Any]) -> None:
    """Whoever put it there brings it back."""
    fleet, snapshot = world("aaa", group=group_of())
    facts = dict(snapshot.hosts["a"].facts)
    facts["instances"] = [
        make_present(fleet.instances["web-0"], state=state, restart_token="1"),
        *facts["instances"][1:],
    ]
    assert [problem.id for problem in reconcile(fleet, make_snapshot(facts)).problems] == [SET_IS_DOWN]


def test_what_is_not_running_by_wish_is_no_member() -> None:
    """Neither down nor counted; it gets the token and stays off."""
    fleet, snapshot = world("aaa", group=group_of())
    off = attrs.evolve(fleet.instances["web-1"], power="shutoff")
    facts = dict(snapshot.hosts["a"].facts)
    facts["instances"][1] = make_present(off, restart_token="1")
    plan = reconcile(make_fleet(fleet.instances["web-0"], off, fleet.instances["web-2"]), make_snapshot(facts))
    assert drawn(plan) == ["0 1", "2"]
    assert [step.action for step in plan.waves[0] if step.name == "web-1"] == ["mark"]
    assert plan.rolling[0]["members"] == 2


def test_without_rolling_all_go_at_once() -> None:
    """As before: no wave, nobody waits."""
    fleet, snapshot = world("aa", group=ServerGroup("web", "affinity"))
    plan = reconcile(fleet, snapshot)
    assert sorted((step.action, step.name) for wave in plan.waves for step in wave) == [
        ("reboot", "web-0"), ("reboot", "web-1"), ("restarted", "web-0"), ("restarted", "web-1"),
    ]  # fmt: skip
    assert (len(plan.waves), plan.rolling) == (1, ())


def test_a_restart_is_marked_when_it_is_ready() -> None:
    """Other fields are written before, with the token that it still has; a name that is free is not waited for."""
    fleet, snapshot = world("a", group=group_of(pause_s=30), metadata={"tier": "1"})
    facts = dict(snapshot.hosts["a"].facts)
    old = make_present(attrs.evolve(fleet.instances["web-0"], metadata={}), restart_token="1")
    other = make_present(attrs.evolve(fleet.instances["web-0"], name="web-1"), restart_token="1")
    facts["instances"] = [old, other]
    pair = make_fleet(*[attrs.evolve(fleet.instances["web-0"], name=f"web-{number}") for number in range(2)])
    plan = reconcile(pair, make_snapshot(facts))
    mine = [step for wave in plan.waves for step in wave if step.name == "web-0"]
    assert [step.action for step in mine] == ["mark", "reboot", "ready", "restarted"]
    assert [step.body.get("spec", {}).get("restart_token") for step in mine] == ["1", None, None, NEW]
    assert [step.body["spec"]["metadata"] for step in mine if "spec" in step.body] == [{"tier": "1"}] * 2
    waits = [step.body for wave in plan.waves for step in wave if step.action == "ready"]
    assert [body.get("pause_s") for body in waits] == [30, None]  # nothing comes after the last
    assert waits[0]["ready"] == {"port": 22}


def test_what_is_told() -> None:
    """The same in text, Markdown and JSON."""
    fleet, snapshot = world("aaab?", group=group_of(max_unavailable=3, canary=1, pause_s=5))
    plan = reconcile(fleet, snapshot)
    lines = [
        "Rolling server group web: 3 waves, at most 2 of 5 down (1 more are down or unknown: web-4), 5 s between waves",
        "wave 1 (canary): web-0 on a; ready within 120 s: port 22",
        "wave 2: web-1 on a, web-2 on a; ready within 120 s: port 22",
        "wave 3: web-3 on b; ready within 120 s: port 22",
    ]
    assert all(line in plan_text(plan) for line in lines)
    assert all(line in plan_markdown(plan).replace("\\", "") for line in lines)
    (one,) = json.loads(plan_to_json(plan))["rolling"]
    assert [(wave["wave"], wave["names"]) for wave in one["waves"]] == [
        (0, ["web-0"]), (1, ["web-1", "web-2"]), (2, ["web-3"]),
    ]  # fmt: skip


def test_an_entry_with_a_count_is_a_set() -> None:
    """Without a server group; two sets go side by side."""
    rolling = {name: Rolling(f"instance {name}") for name in ("a", "b")}
    items = [
        make_instance(f"{name}-{index}", restart_token=NEW, rolling=rolling[name])
        for name in rolling
        for index in range(2)
    ]
    snapshot = make_snapshot(make_facts("h", *[make_present(item, restart_token="1") for item in items]))
    plan = reconcile(make_fleet(*items), snapshot)
    assert [sorted(step.name for step in wave if step.action == "reboot") for wave in plan.waves] == [
        ["a-0", "b-0"], ["a-1", "b-1"],
    ]  # fmt: skip


@pytest.mark.parametrize(("is_fleet", "waves"), [(True, ["?1 ?3", "0 2"]), (False, ["0", "2"])])
def test_reboot_rolling(is_fleet: bool, waves: list[str]) -> None:
    """By the sets of the fleet, whose other members are looked at first; one at a time without one."""
    fleet, snapshot = world("aaaa", group=group_of(max_unavailable=2))
    items = [item for item in snapshot.instances() if item.name in ("web-0", "web-2")]
    sets = sets_of_verb(fleet if is_fleet else None, snapshot, items)
    plan = plan_verb(snapshot, items, VERBS["reboot"], {"timeout_s": 5, "hard": False}, sets)
    assert drawn(plan) == waves


def test_rebuild_goes_by_the_sets_of_its_fleet() -> None:
    """It has the fleet, so nobody needs to ask for it; what it delivers is no part of a wave."""
    fleet, snapshot = world("aaaa", group=group_of(max_unavailable=2), done="0123")
    items = [item for item in snapshot.instances() if item.name != "web-3"]
    plan = plan_rebuild(fleet, snapshot, items)
    assert drawn(plan) == ["?3", "0 1", "2"]
    assert plan.rolling[0]["set"] == "server group web"


def test_a_large_set_stays_small() -> None:
    """Barriers are no list of everybody who is waited for."""
    group = group_of(max_unavailable=100)
    members = [make_instance(f"web-{index}", group=group, restart_token=NEW) for index in range(1000)]
    facts = make_facts(
        "a", *[make_present(item, restart_token="1") for item in members], cpus=4096, memory_mib=10**6, disk_gib=10**5
    )
    plan = reconcile(make_fleet(*members), snapshot_from_facts({"a": facts}))
    assert len(plan.waves) == 10
    assert max(len(step.needs) for wave in plan.waves for step in wave) <= 2
