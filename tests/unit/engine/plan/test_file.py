# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan file: digest, versions, and whether a plan still holds."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from builders import make_facts, make_fleet, make_instance, make_present, make_snapshot, make_user_data
from novalite.errors import PlanUnreadable
from novalite.plan.build import reconcile
from novalite.plan.file import (
    digest_of,
    plan_from_json,
    plan_to_dict,
    plan_to_json,
    seal,
    summary,
    verify,
)
from novalite.shared import canonical

if TYPE_CHECKING:
    from novalite.model.plan import Plan

A, B = make_instance("a", user_data=make_user_data()), make_instance("b")
FACTS = make_facts("kvm-1", make_present(B, metadata={"role": "old"}))


def a_plan(facts: dict[str, Any] | None = None) -> Plan:
    return reconcile(make_fleet(A, B), make_snapshot(facts or FACTS))


def test_bytes_are_canonical_and_the_digest_covers_all() -> None:
    """The file is canonical JSON of the dictionary, and the digest that of everything else."""
    plan = a_plan()
    document = plan_to_dict(plan)
    assert plan_to_json(plan) == canonical.canonical_json(document) + b"\n"
    rest = {key: value for key, value in document.items() if key != "digest"}
    assert document["digest"] == canonical.fingerprint(rest) == digest_of(plan)
    assert seal(plan) == (plan_to_json(plan), digest_of(plan))
    assert document["summary"] == summary(plan)
    assert document["summary"]["create"] == document["summary"]["update"] == 1


def test_a_changed_file_is_not_a_plan() -> None:
    """Whatever was changed."""
    document = json.loads(plan_to_json(a_plan()))
    document["waves"][0][0]["host"] = "kvm-2"
    with pytest.raises(PlanUnreadable, match="changed after it was made"):
        plan_from_json(json.dumps(document))


def resealed(**changes: Any) -> str:
    document = {**json.loads(plan_to_json(a_plan())), **changes}
    del document["digest"]
    return json.dumps({**document, "digest": canonical.fingerprint(document)})


def test_a_newer_minor_is_read_and_another_major_is_not() -> None:
    """Fields that we do not know are left out."""
    newer = plan_from_json(resealed(format="novalite.plan/1.3", colour="blue"))
    assert newer.project == "shop"
    with pytest.raises(PlanUnreadable, match=r"novalite\.plan/2"):
        plan_from_json(resealed(format="novalite.plan/2"))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "novalite.snapshot/1"}', "[" * 100_000])
def test_not_a_plan(text: str) -> None:
    """An error with a reason, never a traceback."""
    with pytest.raises(PlanUnreadable, match="not a plan"):
        plan_from_json(text)


@pytest.mark.parametrize("changes", [{"changes": 7}, {"waves": [[{"id": 1}]]}, {"problems": [{}]}, {"project": None}])
def test_a_well_sealed_file_of_another_shape(changes: dict[str, Any]) -> None:
    """A digest alone does not make a plan; what is missing is said."""
    with contextlib.suppress(PlanUnreadable):
        assert plan_from_json(resealed(**changes)).problems == ()


def test_verify_names_each_stale_fact() -> None:
    """Fact by fact: capacity where something was placed, the instances that steps touch, and single use."""
    plan = a_plan()
    assert verify(plan, make_snapshot(FACTS)) == []
    grown = make_facts("kvm-1", *FACTS["instances"], make_present(make_instance("c")))
    assert verify(plan, make_snapshot(grown)) == ["the capacity of kvm-1, or what is used of it, has changed"]
    edited = make_facts("kvm-1", make_present(B, metadata={"role": "newer"}))
    assert verify(plan, make_snapshot(edited)) == ["b on kvm-1 has changed"]
    gone = make_facts("kvm-1")
    assert "is no longer on kvm-1" in verify(plan, make_snapshot(gone))[1]
    used = {**FACTS, "applied": [digest_of(plan)]}
    assert verify(plan, make_snapshot(used)) == ["the plan was applied to kvm-1 already"]
    assert verify(plan, make_snapshot(make_facts("kvm-2"))) == ["kvm-1 is not among the hosts"]
    lost = make_snapshot(make_facts("kvm-2"), unknown={"kvm-1": "no route"})
    assert verify(plan, lost) == ["kvm-1 is unknown: no route"]


def test_a_new_generation_of_the_host_gives_a_new_digest() -> None:
    """The same plan made again after it was applied is another plan."""
    assert digest_of(a_plan()) != digest_of(a_plan({**FACTS, "generation": 1}))


def test_only_the_touched_instance_is_relied_on_for_a_mark() -> None:
    """A change of metadata does not depend on the capacity of the host."""
    plan = reconcile(make_fleet(B), make_snapshot(FACTS))
    assert plan.relied["kvm-1"]["host"] is None
    assert len(plan.relied["kvm-1"]["instances"]) == 1
