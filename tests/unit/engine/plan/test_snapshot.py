# SPDX-License-Identifier: GPL-3.0-or-later
"""plan/snapshot.py: snapshots, images and backups are plans of one step that name what goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from builders import make_facts, make_instance, make_present, make_snapshot
from novalite.plan import snapshot as plans
from novalite.plan.file import plan_from_json, plan_to_json
from novalite.plan.problems import ILLEGAL, SNAPSHOT_TAKEN, SNAPSHOT_UNKNOWN
from novalite.render.snapshots import image_lines, snapshots_document, snapshots_table
from simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.model.observed import ObservedInstance
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot


def world(power: str = "running", *, protect: bool = False, **state: Any) -> Snapshot:
    item = make_present(make_instance("web", protect=protect), power=power, state=state or None)
    return make_snapshot(make_facts("kvm-1", item))


def only(snapshot: Snapshot) -> ObservedInstance:
    (item,) = snapshot.instances()
    return item


def done(snapshot: Snapshot, plan: Callable[..., Plan], *words: Any) -> Snapshot:
    made = plan(snapshot, only(snapshot), *words)
    assert not made.is_errored, made.problems
    assert plan_from_json(plan_to_json(made)).waves == made.waves
    return simulate(snapshot, made)


def test_a_tree_and_what_goes() -> None:
    snapshot = world()
    for plan, name in (
        (plans.plan_create, "a"),
        (plans.plan_create, "b"),
        (plans.plan_revert, "a"),
        (plans.plan_create, "c"),
    ):
        snapshot = done(snapshot, plan, name)
    rows = [(row["name"], row["depth"], row["parent"]) for row in snapshots_document(only(snapshot))["snapshots"]]
    assert rows == [("a", 0, None), ("b", 1, "a"), ("c", 1, "a")]
    assert snapshots_table(only(snapshot)).row_count == 3
    line = plans.plan_delete(snapshot, only(snapshot), "a").changes[0]
    assert [path.rpartition("/")[2] for path in line.destroys] == ["snapshot-a.disk"]
    assert line.reason == "delete a: 1 file destroyed; b, c stay"
    snapshot = done(snapshot, plans.plan_delete, "a")
    assert {row["depth"] for row in snapshots_document(only(snapshot))["snapshots"]} == {0}


@pytest.mark.parametrize(
    ("power", "says"),
    [("running", "while it goes on (as after a power cut); no memory"), ("shutoff", "while it is off")],
)
def test_a_plan_says_how_consistent(power: str, says: str) -> None:
    snapshot = world(power)
    for plan in (plans.plan_create, plans.plan_image):
        assert says in plan(snapshot, only(snapshot), "a").changes[0].reason
    assert says in plans.plan_backup(snapshot, only(snapshot), 2).changes[0].reason


KEPT = {
    "snapshots": {"current": "a", "kept": {"a": {"parent": None, "since": "x", "power": "running", "disks": ["disk"]}}}
}


@pytest.mark.parametrize(
    ("plan", "name", "power", "problem"),
    [
        (plans.plan_create, "a", "running", SNAPSHOT_TAKEN),
        (plans.plan_create, "b", "suspended", None),
        (plans.plan_revert, "b", "running", SNAPSHOT_UNKNOWN),
        (plans.plan_revert, "a", "running", None),
        (plans.plan_revert, "a", "shutoff", None),
        (plans.plan_revert, "a", "paused", ILLEGAL),
        (plans.plan_revert, "a", "suspended", ILLEGAL),
        (plans.plan_delete, "b", "running", SNAPSHOT_UNKNOWN),
        (plans.plan_delete, "a", "paused", None),
    ],
)
def test_what_is_refused(plan: Callable[..., Plan], name: str, power: str, problem: str | None) -> None:
    snapshot = world(power, **KEPT)
    made = plan(snapshot, only(snapshot), name)
    assert ([one.id for one in made.problems], made.is_empty) == ([problem] if problem else [], problem is not None)


def test_what_is_locked_or_protected_stays() -> None:
    locked, guarded = world(lock={"reason": "audit"}, **KEPT), world(protect=True, **KEPT)
    for plan in (plans.plan_create, plans.plan_delete, plans.plan_revert, plans.plan_image):
        assert plan(locked, only(locked), "a").is_errored
    assert plans.plan_backup(locked, only(locked), 1).is_errored
    assert plans.plan_revert(guarded, only(guarded), "a").is_errored
    assert not plans.plan_delete(guarded, only(guarded), "a").is_errored


def test_what_a_revert_costs() -> None:
    snapshot = world(**KEPT)
    line = plans.plan_revert(snapshot, only(snapshot), "a").changes[0]
    assert (line.disruption, "is lost; its power is taken away" in line.reason) == ("rebuild", True)


@pytest.mark.parametrize(("keep", "left"), [(1, 1), (2, 2), (9, 5)])
def test_backups_rotate(keep: int, left: int) -> None:
    snapshot = world()
    for number in range(1, 6):
        plan = plans.plan_backup(snapshot, only(snapshot), keep)
        assert plan.waves[0][0].body["file"] == f"{number:04}.qcow2"
        assert ("destroyed" in plan.changes[0].reason) == (number > keep) == bool(plan.changes[0].destroys)
        snapshot = simulate(snapshot, plan)
    assert [path.rpartition("/")[2] for path in only(snapshot).backups] == [f"{n:04}.qcow2" for n in range(6 - left, 6)]


def test_the_lines_that_declare_an_image() -> None:
    import yaml

    told = {"sha256": "e" * 64, "virtual_bytes": 1024**3 + 1}
    text = "\n".join(image_lines(only(world()), "golden", "images/golden.qcow2", told, is_here=True))
    said = yaml.safe_load(text)["images"]["golden"]
    assert said == {"source": "images/golden.qcow2", "sha256": "e" * 64, "min_disk": "2GiB"}
