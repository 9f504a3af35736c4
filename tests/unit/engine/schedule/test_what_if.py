# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts taken away and added in thought; a plan for them is shown and never applied."""

from __future__ import annotations

import attrs

from builders import make_facts, make_fleet, make_foreign, make_instance, make_present, make_snapshot
from novalite.model.aggregate import Aggregate
from novalite.model.survival import PROVEN, REFUTED, Goal
from novalite.plan.ask import ask_survival, standing
from novalite.plan.build import reconcile
from novalite.plan.file import document_from_json, plan_from_dict, plan_to_json, verify
from novalite.plan.what_if import as_what_if
from novalite.schedule.what_if import Change, imagine, unknown_words

A, B = make_instance("a"), make_instance("b")
OTHER = make_instance("x", project="other")
FLEET = make_fleet(A, B, aggregates=[Aggregate("fast", ("kvm-1",), {"rack": "r1"})])
SNAPSHOT = make_snapshot(
    make_facts("kvm-1", make_present(A), make_present(OTHER), foreign=[make_foreign()], config={"zone": "az1"}),
    make_facts("kvm-2", make_present(B), config={"zone": "az2"}),
    make_facts("kvm-10", config={"zone": "az1"}),
    unknown={"kvm-3": "unreachable"},
)


def test_hosts_and_zones_go() -> None:
    """With them go their instances; those of others are named and not placed again."""
    found = imagine(FLEET, SNAPSHOT, Change(without=("kvm-1", "kvm-3")))
    assert list(found.snapshot.hosts) == ["kvm-2", "kvm-10"]
    assert not found.snapshot.unknown
    assert found.homes == {"a": "kvm-1"}
    assert found.said == (
        "without kvm-1",
        "without kvm-3",
        "lost with them, and not placed again here: 1 instance of other projects and 1 domain that is not ours",
    )
    assert list(imagine(FLEET, SNAPSHOT, Change(without_zones=("az1",))).snapshot.hosts) == ["kvm-2"]


def test_hosts_come() -> None:
    """Empty, in the zone and the aggregates of their model."""
    found = imagine(FLEET, SNAPSHOT, Change(add=2, like="kvm-1"))
    assert list(found.snapshot.hosts) == ["kvm-1", "kvm-1+1", "kvm-1+2", "kvm-2", "kvm-10"]
    new = found.snapshot.hosts["kvm-1+2"]
    assert (new.zone, dict(new.used), new.instances, new.foreign) == ("az1", {}, (), ())
    assert found.fleet.aggregates[0].hosts == ("kvm-1", "kvm-1+1", "kvm-1+2")
    assert found.said == ("with 2 more hosts like kvm-1",)


def test_words_that_are_no_host() -> None:
    change = Change(without=("kvm-1", "kvm-9"), without_zones=("az9",), add=1, like="kvm-3")
    assert unknown_words(FLEET, SNAPSHOT, change) == ["kvm-9", "az9", "kvm-3"]
    assert not Change()
    assert Change(add=1, like="kvm-1")


def test_the_plan_is_never_applied() -> None:
    """It says where what was lost would go, has no steps, and no digest of it verifies."""
    found = imagine(FLEET, SNAPSHOT, Change(without=("kvm-1", "kvm-3")))
    plan = as_what_if(reconcile(found.fleet, found.snapshot), found)
    (change,) = plan.changes
    assert (change.name, change.action) == ("a", "create")
    assert change.reason.startswith("lived on kvm-1; ")
    assert plan.is_errored
    assert not plan.waves
    stored = plan_from_dict(document_from_json(plan_to_json(plan)))
    assert stored == plan
    assert verify(stored, found.snapshot) == [
        "the plan is a what-if (without kvm-1): it was never meant for these hosts"
    ]


def test_survival_of_what_would_be() -> None:
    """What lived on a host that is gone lives elsewhere, or has no place and refutes the goal."""
    fleet = attrs.evolve(FLEET, goals=(Goal("host"), Goal("rack"), Goal("host", groups=("none",))))
    snapshot = attrs.evolve(SNAPSHOT, unknown={})
    states = [verdict.state for verdict in ask_survival(fleet, snapshot, standing(fleet, snapshot))]
    assert states == [PROVEN, PROVEN, PROVEN]
    found = imagine(fleet, snapshot, Change(without=("kvm-1", "kvm-10")))
    now = standing(found.fleet, found.snapshot, found.homes)
    assert now.homes == {"a": "kvm-2", "b": "kvm-2"}
    verdicts = ask_survival(found.fleet, found.snapshot, now)
    assert [verdict.state for verdict in verdicts] == [REFUTED, "not proven", PROVEN]
    found = imagine(fleet, snapshot, Change(without=("kvm-1", "kvm-2", "kvm-10")))
    now = standing(found.fleet, found.snapshot, found.homes)
    assert now.stranded == ("a", "b")


def test_a_plan_says_what_it_makes_of_the_goals() -> None:
    """Worse, better, or the same."""
    apart = make_instance("c", flavor=attrs.evolve(A.flavor, ram_mib=8192))
    snapshot = make_snapshot(make_facts("kvm-1", make_present(A)), make_facts("kvm-2"))
    fleet = attrs.evolve(make_fleet(A, apart), goals=(Goal("host"),))
    (goal,) = reconcile(fleet, snapshot).goals
    assert (goal["before"], goal["after"]) == (PROVEN, REFUTED)
    assert goal["counter"] == "without kvm-1 there is no place for a" or "c" in goal["counter"]
    assert reconcile(make_fleet(A), snapshot).goals == ()
