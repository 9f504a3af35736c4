# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling changes: whatever the set, no more of it is down at once than allowed; what stops in the middle goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from builders import instance_facts
from novalite.model.natural import natural_key
from novalite.model.rolling import Ready
from novalite.observe.parse import snapshot_from_facts
from novalite.plan.build import reconcile
from novalite.plan.problems import SET_IS_DOWN
from rolling_world import PORT, group_of, world
from simulate import simulate

if TYPE_CHECKING:
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot


def with_unready(snapshot: Snapshot, name: str) -> Snapshot:
    """Return the snapshot with one instance that was waited for in vain."""
    hosts: dict[str, Any] = {host: dict(seen.facts) for host, seen in snapshot.hosts.items()}
    for facts in hosts.values():
        for place, item in enumerate(facts["instances"]):
            if item["spec"]["name"] == name:
                state = {**(item.get("state") or {}), "unready": {"reason": "no answer", "since": "x"}}
                facts["instances"][place] = instance_facts(item["spec"], item["power"], state=state)
    return snapshot_from_facts(hosts)


def down_at_most(plan: Plan, snapshot: Snapshot, members: set[str]) -> int:
    """Return how many members were not up at once, at worst: an independent reading of the plan. A host does the steps
    of a wave in no order that anybody may rely on; who was taken down is up when its ``ready`` was.
    """
    up = {
        item.name
        for item in snapshot.instances()
        if item.name in members and item.power == "running" and "unready" not in item.state
    }
    worst = 0
    for wave in plan.waves:
        taken = {step.name for step in wave if step.action in ("reboot", "stop", "delete", "rebuild")} & members
        up -= taken
        worst = max(worst, len(members) - len(up))
        up |= {step.name for step in wave if step.action in ("ready", "start", "unpause", "resume")} & members
    return worst


@given(
    st.lists(st.sampled_from("abc?"), min_size=1, max_size=9),
    st.one_of(st.integers(1, 5), st.sampled_from(["1%", "25%", "50%", "100%"])),
    st.integers(0, 3),
    st.sampled_from(["affinity", "soft-affinity", "soft-anti-affinity", "anti-affinity"]),
    st.sets(st.integers(0, 8)),
    st.dictionaries(st.integers(0, 8), st.sampled_from(["shutoff", "crashed", "paused", "suspended"])),
    st.sampled_from([PORT, Ready()]),
)
def test_never_more_down_than_allowed(
    hosts: list[str], most: Any, canary: int, policy: str, done: set[int], powers: dict[int, str], ready: Ready
) -> None:
    """Whatever the set: at no time are more members down than allowed (or than were down before), and all end as
    declared.
    """
    group = group_of(policy, max_unavailable=most, canary=canary, ready=ready)
    fleet, snapshot = world("".join(hosts), group=group, done="".join(map(str, done)), powers=powers)
    plan = reconcile(fleet, snapshot)
    if policy == "affinity" and plan.is_errored and SET_IS_DOWN not in {problem.id for problem in plan.problems}:
        return  # they live where that forbids it
    members = set(fleet.instances)
    allowed = most if isinstance(most, int) else max(1, len(members) * int(most[:-1]) // 100)
    running = {item.name for item in snapshot.instances() if item.power == "running"}
    if any(problem.id == SET_IS_DOWN for problem in plan.problems):
        assert hosts.count("?") >= allowed
        return
    assert down_at_most(plan, snapshot, members) <= max(allowed, len(members - running))
    restarted = [step.name for wave in plan.waves for step in wave if step.action == "reboot"]
    assert len(restarted) == len(set(restarted))
    assert not set(restarted) & {f"web-{index}" for index in done}
    known = reconcile(fleet, simulate(snapshot, plan))
    assert known.is_empty


@given(st.integers(2, 8), st.integers(1, 3), st.integers(0, 1), st.data())
def test_a_fault_stops_what_comes_after_and_a_new_plan_goes_on(
    count: int, most: int, canary: int, data: st.DataObject
) -> None:
    """Hosts finish the wave in which one does not come up; later ones are untouched; the next plan does the rest."""
    fleet, before = world("ab" * (count // 2) + "a" * (count % 2), group=group_of(max_unavailable=most, canary=canary))
    plan = reconcile(fleet, before)
    stop = data.draw(st.integers(0, len(plan.waves) - 1))
    broken = data.draw(st.sampled_from(sorted({step.name for step in plan.waves[stop]}, key=natural_key)))
    late_steps = ("ready", "restarted")
    cut = [*plan.waves[:stop], tuple(s for s in plan.waves[stop] if not (s.name == broken and s.action in late_steps))]
    after = with_unready(simulate(before, attrs.evolve(plan, waves=tuple(cut))), broken)
    tokens = {item.name: item.spec["restart_token"] for item in after.instances()}
    late = {step.name for wave in plan.waves[stop + 1 :] for step in wave}
    assert {name for name, token in tokens.items() if token == "1"} == late | {broken}
    again = reconcile(fleet, after)
    assert {step.name for wave in again.waves for step in wave if step.action == "reboot"} == late | {broken}
    done = set(fleet.instances) - late - {broken}
    first = {step.name for step in again.waves[0]}
    assert first == (done if late else set()) | {broken}, (
        "one that is down already is brought up before another one is taken down"
    )
    assert not any(wave["canary"] for one in again.rolling for wave in one["waves"])
    assert down_at_most(again, after, set(fleet.instances)) <= most
    assert reconcile(fleet, simulate(after, again)).is_empty
