# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold of every plan: convergence, safety, determinism, locality, monotonicity, round trips."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import assume, given
from hypothesis import strategies as st

from builders import make_facts, make_fleet, make_instance, make_snapshot
from novalite.apply.slices import slice_for
from novalite.model.fleet import Fleet
from novalite.model.snapshot import Snapshot
from novalite.observe.file import snapshot_from_json, snapshot_to_json
from novalite.observe.parse import host_from_facts, snapshot_from_facts
from novalite.plan.build import explain_instance, reconcile
from novalite.plan.file import digest_of, plan_from_json, plan_to_dict, plan_to_json, verify
from novalite.render.markdown import plan_markdown
from novalite.render.text import plan_text
from property import oracle
from property.strategies import empty_hosts, fleets, host_facts, worlds
from simulate import simulate

if TYPE_CHECKING:
    from novalite.model.plan import Plan

World = tuple[Fleet, Snapshot]


def without_refusals(fleet: Fleet, snapshot: Snapshot) -> Fleet:
    """Return the fleet without the instances that make its plan one that cannot be applied."""
    for _ in range(len(fleet.instances)):
        plan = reconcile(fleet, snapshot)
        if not plan.is_errored:
            return fleet
        bad = {change.name for change in plan.changes if change.action in ("refused", "conflict", "move")}
        bad |= {change.name for change in plan.changes if change.action == "create" and change.host is None}
        left = {name: instance for name, instance in fleet.instances.items() if name not in bad}
        fleet = attrs.evolve(fleet, instances=left)
    return fleet


@given(worlds())
def test_convergence(world: World) -> None:
    """After a plan was applied there is nothing to do, and what was kept is still kept."""
    fleet, snapshot = world
    fleet = without_refusals(fleet, snapshot)
    plan = reconcile(fleet, snapshot)
    assume(not plan.is_errored)
    after = simulate(snapshot, plan)
    again = reconcile(fleet, after)
    assert again.is_empty
    assert not again.is_errored
    # A host that holds more than it offers is told in every plan, and nobody is moved.
    assert {change.action for change in again.changes} <= {"orphan", "unknown", "move", "pending"}


@given(worlds(), st.booleans())
def test_safety(world: World, destroy: bool) -> None:
    """No host is overfilled by a plan after any step; only ours is touched; nothing that is declared is deleted."""
    fleet, snapshot = world
    plan = reconcile(fleet, snapshot, destroy=destroy)
    before = {name: dict(host.facts["used"]) for name, host in snapshot.hosts.items()}
    foreign = {name: host.facts["foreign"] for name, host in snapshot.hosts.items()}
    others = {item.uuid for item in snapshot.instances() if item.project != fleet.project}

    def check(name: str, facts: dict[str, Any]) -> None:
        host = host_from_facts(name, facts)
        for resource, inventory in host.inventories.items():
            assert facts["used"].get(resource, 0) <= max(inventory.capacity, before[name].get(resource, 0))
        assert facts["foreign"] == foreign[name]

    after = simulate(snapshot, plan, after_step=check)
    assert others <= {item.uuid for item in after.instances()}
    protected = {item.uuid for item in snapshot.instances() if item.protect}
    assert protected <= {item.uuid for item in after.instances()}
    deleted = {change.name for change in plan.changes if change.action == "delete"}
    assert destroy or not deleted & fleet.instances.keys()
    named = {disk for change in plan.changes for disk in change.destroys}
    steps = [step for wave in plan.waves for step in wave if step.action != "trash"]  # which keeps them
    assert named == {disk for step in steps for key in ("disks", "destroys") for disk in step.body.get(key, ())}


@given(worlds())
def test_no_second_copy(world: World) -> None:
    """Nothing new is planned while a host is unknown, and nothing ever for a name that is found."""
    fleet, snapshot = world
    plan = reconcile(fleet, snapshot)
    created = {change.name for change in plan.changes if change.action == "create"}
    present = {item.name for item in snapshot.instances() if item.project == fleet.project}
    assert not created & present
    assert not (created and snapshot.unknown)


@given(worlds(), st.integers())
def test_determinism(world: World, seed: int) -> None:
    """The order of hosts, instances and keys changes no byte."""
    fleet, snapshot = world
    turn = random.Random(seed)

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            turn.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return value

    facts = {name: shuffled(dict(host.facts)) for name, host in snapshot.hosts.items()}
    for host in facts.values():
        turn.shuffle(host["instances"])
    other_snapshot = snapshot_from_facts(
        shuffled(facts), {name: lost.reason for name, lost in snapshot.unknown.items()}
    )
    other_fleet = attrs.evolve(fleet, instances=shuffled(dict(fleet.instances)))
    assert plan_to_json(reconcile(other_fleet, other_snapshot)) == plan_to_json(reconcile(fleet, snapshot))


@given(worlds(), st.data())
def test_locality(world: World, data: st.DataObject) -> None:
    """Changing the metadata of one instance changes no step of another."""
    fleet, snapshot = world
    name = data.draw(st.sampled_from(sorted(fleet.instances)))
    edited = attrs.evolve(fleet.instances[name], metadata={"edited": "yes"})
    other = attrs.evolve(fleet, instances={**fleet.instances, name: edited})

    def rest(plan: Plan) -> list[Any]:
        return [(s.host, s.action, s.name, s.body) for wave in plan.waves for s in wave if s.name != name]

    assert rest(reconcile(other, snapshot)) == rest(reconcile(fleet, snapshot))


@given(fleets(), empty_hosts(), st.data())
def test_equals_the_oracle(fleet: Fleet, hosts: list[dict[str, Any]], data: st.DataObject) -> None:
    """The arrays place every instance where the slow scheduler does, or nowhere where it finds nothing."""
    plan = reconcile(fleet, make_snapshot(*hosts))
    placed = {change.name: change.host for change in plan.changes}
    assert placed == oracle.place_all(fleet, {facts["hostname"]: facts for facts in hosts})
    name = data.draw(st.sampled_from(sorted(fleet.instances)))
    explanation = explain_instance(fleet, make_snapshot(*hosts), name)
    assert explanation is not None
    assert explanation.winner == placed[name]
    assert sum(explanation.refused.values()) == sum(row.first_refusal is not None for row in explanation.rows)
    totals = {row.host: row.total for row in explanation.rows if row.total is not None}
    assert explanation.winner is None or totals[explanation.winner] == max(totals.values())


@given(empty_hosts(), st.integers(1, 6), st.sampled_from([512, 1024, 3000]))
def test_an_empty_host_never_hurts(hosts: list[dict[str, Any]], count: int, ram: int) -> None:
    """Adding an empty host leaves no instance without a host that had one.

    It holds for instances of one kind; a greedy scheduler does not promise it for a mix of sizes, as Nova's does not.
    """
    base = make_instance("x")
    flavor = attrs.evolve(base.flavor, ram_mib=ram)
    fleet = make_fleet(*[make_instance(f"x-{index}", flavor=flavor) for index in range(count)])

    def unplaced(facts: list[dict[str, Any]]) -> int:
        return sum(change.host is None for change in reconcile(fleet, make_snapshot(*facts)).changes)

    assert unplaced([*hosts, make_facts("new")]) <= unplaced(hosts)


@given(worlds())
def test_round_trips(world: World) -> None:
    """Snapshot and plan survive their files; the plan holds for the snapshot it was made from, and only once."""
    fleet, snapshot = world
    read = snapshot_from_json(snapshot_to_json(snapshot))
    assert read == snapshot
    assert snapshot_to_json(read) == snapshot_to_json(snapshot)
    plan = reconcile(fleet, read)
    text = plan_to_json(plan)
    again = plan_from_json(text)
    assert plan_to_json(again) == text
    assert json.loads(text)["digest"] == digest_of(plan) == digest_of(again)
    assert plan_text(again) == plan_text(plan)
    assert verify(again, snapshot) == []
    if not plan.is_empty:
        assert verify(again, simulate(snapshot, plan)) != []


@given(worlds())
def test_slices_hold_the_whole_plan_once(world: World) -> None:
    """Every step is in one slice, in the order of ids; facts are relied on in a host's first slice only."""
    fleet, snapshot = world
    document = plan_to_dict(reconcile(fleet, snapshot))
    pieces = [slice_for(document, host, wave) for wave in range(len(document["waves"])) for host in snapshot.hosts]
    found = [step["id"] for piece in pieces if piece for step in piece["steps"]]
    assert sorted(found) == [step["id"] for wave in document["waves"] for step in wave]
    for host in snapshot.hosts:
        mine = [piece for piece in pieces if piece and piece["host"] == host]
        assert [piece["last"] for piece in mine] == [False] * (len(mine) - 1) + [True] * bool(mine)
        assert not any(piece["relied"]["instances"] or piece["relied"]["host"] for piece in mine[1:])


@given(worlds())
def test_drawings_never_fail(world: World) -> None:
    """Whatever the plan, it can be drawn, and its name is on every line of a change."""
    fleet, snapshot = world
    plan = reconcile(fleet, snapshot)
    lines = plan_text(plan).splitlines()
    for change, line in zip(plan.changes, lines, strict=False):
        assert change.name in line
    assert len(plan_markdown(plan).encode()) < 60_000


@given(
    st.data(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
)
def test_nonsense_makes_a_host_unknown(data: st.DataObject, junk: Any) -> None:
    """Whatever stands in one place of the facts: the host is read or unknown, and never lists fewer instances."""
    fleet = data.draw(fleets())
    from builders import make_present

    facts = data.draw(host_facts("kvm-1", *[make_present(item) for item in fleet.instances.values()]))
    key = data.draw(st.sampled_from(sorted(facts)))
    facts[key] = junk
    snapshot = snapshot_from_facts({"kvm-1": facts})
    if snapshot.hosts:
        count = len(junk) if key == "instances" and isinstance(junk, list) else len(fleet.instances)
        assert len(snapshot.hosts["kvm-1"].instances) == count
        reconcile(fleet, snapshot)
    else:
        assert snapshot.unknown["kvm-1"].reason
