# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a plan waits for: those that it makes, rebuilds or starts, and no others; once each, sets in waves in theirs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from builders import make_facts, make_fleet, make_instance, make_present, make_snapshot
from novalite.model.rolling import Ready, Rolling
from novalite.plan.build import reconcile
from novalite.plan.file import check_document, plan_from_json, plan_to_json
from novalite.render.markdown import plan_markdown
from novalite.render.text import plan_text

if TYPE_CHECKING:
    from novalite.model.plan import Plan

WAIT = Ready((("cloud_init", "done"), ("port", 22)), 600)
BODY = {"cloud_init": "done", "port": 22}


def planned(before: dict[str, Any] | None, now: dict[str, Any], **more: Any) -> Plan:
    """Return the plan for one instance: what it was (None: it is new), what is declared now."""
    wanted = make_instance("web-0", wait_for=WAIT, **now)
    power = (before or {}).pop("power", "running")
    present = [] if before is None else [make_present(make_instance("web-0", **before), power=power)]
    return reconcile(make_fleet(wanted), make_snapshot(make_facts("kvm-1", *present)), **more)


def steps(plan: Plan) -> list[list[str]]:
    return [[step.action for step in wave] for wave in plan.waves]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (None, {}, [["create", "ready"]]),
        (None, {"power": "shutoff"}, [["create"]]),
        ({}, {}, []),
        ({}, {"protect": True}, [["mark"]]),
        ({"power": "shutoff"}, {}, [["start", "ready"]]),
        ({}, {"power": "shutoff"}, [["stop"]]),
        ({"restart_token": "1"}, {"restart_token": "2"}, [["reboot", "ready", "restarted"]]),
    ],
)
def test_who_is_waited_for(before: dict[str, Any] | None, now: dict[str, Any], expected: list[list[str]]) -> None:
    plan = planned(before, now)
    assert steps(plan) == expected
    (ready,) = [step for wave in plan.waves for step in wave if step.action == "ready"] or [None]
    assert (ready is not None) == bool(plan.waits)
    if ready is not None:
        assert (ready.body["ready"], ready.body["timeout_s"]) == (BODY, 600)
        assert ready.needs == (plan.waves[0][0].id,)


@pytest.mark.parametrize(
    ("more", "options", "expected"),
    [
        ({}, {}, [["ready"]]),
        ({"wait_for": None}, {}, []),
        ({}, {"destroy": True}, [["trash"]]),
        ({"power": "shutoff"}, {}, [["stop"]]),
    ],
)
def test_one_that_was_not_ready_is_waited_for_again(
    more: dict[str, Any], options: dict[str, Any], expected: list[list[str]]
) -> None:
    state = {"unready": {"reason": "no answer", "since": "x"}}
    present = make_present(make_instance("web-0"), state=state)
    wanted = make_instance("web-0", **{"wait_for": WAIT, **more})
    plan = reconcile(make_fleet(wanted), make_snapshot(make_facts("kvm-1", present)), **options)
    assert steps(plan) == expected


def test_a_plan_tells_whom_it_waits_for() -> None:
    plan = planned(None, {})
    line = "Wave 1 ends when web-0 is ready, within 600 s: cloud-init is done, port 22"
    assert line in plan_text(plan)
    assert line in plan_markdown(plan)
    document = json.loads(plan_to_json(plan))
    check_document(document)
    assert document["waits"] == [
        {"wave": 0, "names": ["web-0"], "ready": "cloud-init is done, port 22", "timeout_s": 600}
    ]
    assert plan_from_json(plan_to_json(plan)) == plan


@pytest.mark.parametrize(("own", "body"), [(Ready(), BODY), (Ready((("agent", "ping"),), 9), {"agent": "ping"})])
def test_a_set_in_waves_waits_once_and_by_its_own_word_where_it_has_one(own: Ready, body: dict[str, Any]) -> None:
    said: dict[str, Any] = {"rolling": Rolling("instance web", ready=own), "wait_for": WAIT}
    wanted = [make_instance(f"web-{index}", restart_token="2", **said) for index in range(2)]
    there = [make_present(make_instance(one.name, restart_token="1")) for one in wanted]
    plan = reconcile(make_fleet(*wanted), make_snapshot(make_facts("kvm-1", *there)))
    assert steps(plan) == [["reboot", "ready", "restarted"]] * 2
    assert [step.body["ready"] for wave in plan.waves for step in wave if step.action == "ready"] == [body] * 2
    assert plan.waits == ()
