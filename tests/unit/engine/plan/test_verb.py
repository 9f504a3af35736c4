# SPDX-License-Identifier: GPL-3.0-or-later
"""plan/verb.py: states x verbs, as Nova's table says; written from nova/compute/api.py, not from ours."""

from __future__ import annotations

import pytest

from builders import make_facts, make_instance, make_present, make_snapshot
from novalite.model.verb import VERBS
from novalite.plan.file import plan_from_json, plan_to_json, summary, verify
from novalite.plan.problems import ILLEGAL
from novalite.plan.verb import plan_verb
from novalite.shared import transitions
from simulate import simulate

# Power state -> the verbs that are legal in it, and the state after each.
LEGAL = {
    "running": {"stop": "shutoff", "reboot": "running", "hard reboot": "running", "pause": "paused",
                "suspend": "suspended"},
    "asleep": {"stop": "shutoff", "reboot": "running", "hard reboot": "running", "pause": "paused",
               "suspend": "suspended"},
    "paused": {"unpause": "running", "hard reboot": "running"},
    "suspended": {"resume": "running", "hard reboot": "running"},
    "shutoff": {"start": "running", "hard reboot": "running"},
    "crashed": {"stop": "shutoff", "hard reboot": "running"},
    "unknown": {"stop": "shutoff", "hard reboot": "running"},
}  # fmt: skip
ASKED = [*(name for name in VERBS if name in {verb for legal in LEGAL.values() for verb in legal}), "hard reboot"]


@pytest.mark.parametrize("power", LEGAL)
@pytest.mark.parametrize("asked", ASKED)
def test_states_and_verbs(power: str, asked: str) -> None:
    """Legal ones are one step and end where Nova says; illegal ones are no step, and say where they would be legal."""
    item = make_present(make_instance("web"), power=power)
    snapshot = make_snapshot(make_facts("kvm-1", item))
    verb, hard = VERBS[asked.removeprefix("hard ")], asked.startswith("hard ")
    plan = plan_verb(snapshot, list(snapshot.instances()), verb, {"hard": hard, "timeout_s": 60})
    if asked in LEGAL[power]:
        ((step,),) = plan.waves
        assert (step.action, step.body["uuid"], plan.is_errored) == (verb.name, item["uuid"], False)
        assert not verify(plan, snapshot)
        (after,) = simulate(snapshot, plan).instances()
        assert after.power == LEGAL[power][asked]
        assert plan_from_json(plan_to_json(plan)).waves == plan.waves
    else:
        assert plan.is_empty
        (problem,) = plan.problems
        where = {state for state, verbs in LEGAL.items() if asked in verbs}
        names = {"running": "ACTIVE", "paused": "PAUSED", "suspended": "SUSPENDED", "shutoff": "SHUTOFF"}
        assert problem.id == ILLEGAL
        assert all(names[state] in problem.summary for state in where if state in names)


@pytest.mark.parametrize(
    ("asked", "options", "power", "says"),
    [
        ("stop", {}, "running", "power button, and after 60 s"),
        ("stop", {"timeout_s": 5}, "running", "after 5 s"),
        ("stop", {"timeout_s": 0}, "running", "at once"),
        ("stop", {}, "asleep", "at once"),
        ("stop", {}, "crashed", "at once"),
        ("reboot", {}, "running", "power button, and after 60 s"),
        ("reboot", {"hard": True}, "running", "at once"),
        ("reboot", {"hard": True}, "shutoff", "asked for"),
        ("pause", {}, "running", "asked for"),
    ],
)
def test_the_plan_says_how_a_guest_is_powered_off(asked: str, options: dict[str, int], power: str, says: str) -> None:
    snapshot = make_snapshot(make_facts("kvm-1", make_present(make_instance("web"), power=power)))
    (line,) = plan_verb(snapshot, list(snapshot.instances()), VERBS[asked], {"timeout_s": 60, **options}).changes
    assert says in line.reason


# What an action left of an instance -> its status, and the actions that are legal then (nova/compute/api.py).
LEFT = {
    "RESCUE": ({"rescue": {}}, {"unrescue", "dump"}),
    "VERIFY_RESIZE": ({"resize": {}}, {"confirm", "revert", "dump"}),
    "SHELVED": ({"shelved": {}}, {"offload", "unshelve"}),
    "SHELVED_OFFLOADED": ({"shelved": {"offloaded": True}}, {"unshelve"}),
    "SOFT_DELETED": ({"trashed": {}}, {"restore", "purge"}),
    "ERROR": ({"error": {}}, {"stop", "hard_reboot", "rescue", "rebuild", "dump"}),
}
ALWAYS = {"lock", "unlock", "trash"}


@pytest.mark.parametrize("status", LEFT)
@pytest.mark.parametrize("action", transitions.TRANSITIONS)
def test_what_is_legal_after_an_action(status: str, action: str) -> None:
    state, legal = LEFT[status]
    assert transitions.status_of("running", state) == status
    always = {"SOFT_DELETED": set(), "SHELVED_OFFLOADED": {"trash"}}.get(status, ALWAYS)
    allowed = legal | always
    assert (transitions.illegal_reason(action, "running", state) is None) == (action in allowed)


@pytest.mark.parametrize("asked", VERBS)
def test_a_lock_refuses_all_but_itself(asked: str) -> None:
    """Whatever the state in which the verb would be legal, a locked instance says no, and why."""
    powers = {transitions.STATUS[power]: power for power in ("crashed", "shutoff", "paused", "suspended", "running")}
    legal = [powers[status] for status in transitions.TRANSITIONS[asked].froms if status in powers]
    for power in legal:
        item = make_present(make_instance("web"), power=power, state={"lock": {"reason": "audit until Friday"}})
        snapshot = make_snapshot(make_facts("kvm-1", item))
        plan = plan_verb(snapshot, list(snapshot.instances()), VERBS[asked], {"timeout_s": 1, "reason": "x"})
        assert plan.is_errored != (asked in ("lock", "unlock"))
        assert asked in ("lock", "unlock") or "audit until Friday" in plan.problems[0].summary


def test_lock_and_unlock() -> None:
    snapshot = make_snapshot(make_facts("kvm-1", make_present(make_instance("web"))))
    locked = simulate(snapshot, plan_verb(snapshot, list(snapshot.instances()), VERBS["lock"], {"reason": "audit"}))
    (item,) = locked.instances()
    assert (item.state, item.status) == ({"lock": {"reason": "audit"}}, "ACTIVE")
    (after,) = simulate(locked, plan_verb(locked, [item], VERBS["unlock"])).instances()
    assert after.state == {}


def test_one_illegal_instance_holds_up_all() -> None:
    """Half of what was asked is not what was asked."""
    items = [make_present(make_instance("a")), make_present(make_instance("b"), power="shutoff")]
    snapshot = make_snapshot(make_facts("kvm-1", *items))
    plan = plan_verb(snapshot, list(snapshot.instances()), VERBS["stop"])
    assert plan.is_errored
    assert (summary(plan)["stop"], summary(plan)["refused"]) == (1, 1)
