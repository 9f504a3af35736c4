# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans that adopt and release: one step each, nothing lost, and nothing that would touch hardware or disks."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from builders import LAN, make_facts, make_fleet, make_foreign, make_instance, make_present, make_snapshot
from novalite.model.adoption import Adoption
from novalite.model.image import NO_IMAGE
from novalite.model.port import Port
from novalite.model.verb import VERBS
from novalite.plan import problems as ids
from novalite.plan.build import reconcile
from novalite.plan.file import plan_to_dict
from novalite.plan.verb import plan_verb
from novalite.shared import names
from simulate import simulate

UUID = names.uuid_from_name("shop", "old")
MAC = "52:54:00:00:00:09"
ADOPT = Adoption("kvm-1", UUID, "old_db", "8" * 64)
OLD = make_instance("old", image=NO_IMAGE, adopt=ADOPT, ports=(Port(LAN, mac=MAC),), extra_xml="<x/>\n", protect=True)
FOREIGN = {**make_foreign("old_db", uuid=UUID, VCPU=1, MEMORY_MB=512), "macs": [MAC]}
FULL = make_foreign("big", VCPU=900)


def test_one_step_that_writes_the_mark() -> None:
    before = make_snapshot(make_facts("kvm-1", foreign=[FOREIGN]))
    plan = reconcile(make_fleet(OLD), before)
    (step,) = plan_to_dict(plan)["waves"][0]
    spec = step["body"]["spec"]
    assert (step["action"], step["host"], step["body"]["applied"]) == ("adopt", "kvm-1", "running")
    assert (spec["uuid"], spec["domain"], spec["ports"][0]["mac"]) == (UUID, "old_db", MAC)
    assert spec["adopted"]["sha256"] == "8" * 64
    assert len(spec["adopted"]["extra_sha256"]) == 64
    after = simulate(before, plan)
    assert reconcile(make_fleet(OLD), after).is_empty


@pytest.mark.parametrize("power", ["shutoff", "paused"])
def test_power_that_is_not_the_declared_one_comes_afterwards(power: str) -> None:
    plan = reconcile(make_fleet(OLD), make_snapshot(make_facts("kvm-1", foreign=[{**FOREIGN, "power": power}])))
    (step,) = plan_to_dict(plan)["waves"][0]
    assert "applied" not in step["body"]
    after = simulate(make_snapshot(make_facts("kvm-1", foreign=[{**FOREIGN, "power": power}])), plan)
    assert [change.action for change in reconcile(make_fleet(OLD), after).changes] != []


def test_what_cannot_be_adopted_errs_the_plan() -> None:
    plan = reconcile(make_fleet(OLD), make_snapshot(make_facts("kvm-1")))
    assert [(problem.id, problem.help) for problem in plan.problems] == [
        (ids.NOT_ADOPTABLE, "take its lines out, and: novalite adopt kvm-1")
    ]
    assert plan.waves == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"flavor": attrs.evolve(OLD.flavor, vcpus=2)}, "vcpus 1 -> 2"),
        ({"adopt": attrs.evolve(ADOPT, sha256="9" * 64)}, "adopted"),
        ({"extra_xml": None}, "adopted"),
        ({"ports": ()}, "ports"),
    ],
)
def test_its_hardware_stays(change: dict[str, Any], words: str) -> None:
    snapshot = make_snapshot(make_facts("kvm-1", make_present(OLD)))
    plan = reconcile(make_fleet(attrs.evolve(OLD, **change)), snapshot)
    (problem,) = plan.problems
    assert problem.id == ids.ONLY_MARKED
    assert words in problem.summary


def test_emptying_the_fleet_lets_go_of_nobody_by_accident() -> None:
    snapshot = make_snapshot(make_facts("kvm-1", make_present(OLD)))
    (problem,) = reconcile(make_fleet(), snapshot).problems
    assert (problem.id, "release everything, 1 instance" in problem.summary) == (ids.DELETES_EVERYTHING, True)
    plan = reconcile(make_fleet(OLD), snapshot, destroy=True)
    assert [(step.action, dict(step.body)) for step in plan.waves[0]] == [("release", {"uuid": UUID})]
    assert plan.problems == ()


@pytest.mark.parametrize("verb", ["stop", "reboot", "pause", "suspend", "lock"])
def test_its_power_is_ours(verb: str) -> None:
    snapshot = make_snapshot(make_facts("kvm-1", make_present(OLD)))
    plan = plan_verb(snapshot, list(snapshot.instances()), VERBS[verb], {"reason": "audit"})
    assert plan.problems == ()


@pytest.mark.parametrize("action", ["rescue", "rebuild", "resize", "shelve", "snapshot", "trash", "restore", "dump"])
def test_actions_that_touch_disks_are_refused(action: str) -> None:
    (item,) = make_snapshot(make_facts("kvm-1", make_present(OLD))).instances()
    assert "it was adopted" in str(item.illegal_reason(action))


def test_a_host_that_is_too_full_moves_nobody_who_was_adopted() -> None:
    snapshot = make_snapshot(make_facts("kvm-1", make_present(OLD), foreign=[FULL]), make_facts("kvm-2"))
    plan = reconcile(make_fleet(OLD), snapshot)
    assert (plan.changes, plan.problems) == ((), ())
