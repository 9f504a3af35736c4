# SPDX-License-Identifier: GPL-3.0-or-later
"""plan/guest.py: a password and a dump are plans of one step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from builders import DEBIAN, make_facts, make_instance, make_present, make_snapshot
from novalite.plan.file import plan_from_json, plan_to_json
from novalite.plan.guest import plan_dump, plan_password
from novalite.plan.problems import ILLEGAL, NO_AGENT
from simulate import simulate

if TYPE_CHECKING:
    from novalite.model.snapshot import Snapshot


def world(power: str = "running", properties: dict[str, str] | None = None, **rest: Any) -> Snapshot:
    image = attrs.evolve(DEBIAN, properties=properties or {})
    return make_snapshot(make_facts("kvm-1", make_present(make_instance("web", image=image), power=power, **rest)))


def test_dumps_are_numbered() -> None:
    snapshot = world()
    for name in ("dump-0001.kdump", "dump-0002.kdump", "dump-0003.elf"):
        plan = plan_dump(snapshot, next(snapshot.instances()), as_elf=name.endswith("elf"))
        assert plan.waves[0][0].body["file"] == name
        assert name in plan.changes[0].reason
        assert plan_from_json(plan_to_json(plan)).waves == plan.waves
        snapshot = simulate(snapshot, plan)


def test_a_password_step_has_no_password() -> None:
    snapshot = world()
    plan = plan_password(snapshot, next(snapshot.instances()), "root")
    assert dict(plan.waves[0][0].body) == {"uuid": next(snapshot.instances()).uuid, "user": "root"}


@pytest.mark.parametrize(
    ("power", "properties", "state", "problem"),
    [
        ("running", {}, {}, None),
        ("running", {"hw_qemu_guest_agent": "yes"}, {}, None),
        ("running", {"hw_qemu_guest_agent": "no"}, {}, NO_AGENT),
        ("shutoff", {}, {}, ILLEGAL),
        ("paused", {}, {}, ILLEGAL),
        ("running", {}, {"lock": {"reason": "audit"}}, ILLEGAL),
    ],
)
def test_passwords_that_are_refused(
    power: str, properties: dict[str, str], state: dict[str, Any], problem: str | None
) -> None:
    snapshot = world(power, properties, state=state)
    plan = plan_password(snapshot, next(snapshot.instances()), "root")
    assert [one.id for one in plan.problems] == ([problem] if problem else [])
    assert plan.is_empty == bool(problem)
