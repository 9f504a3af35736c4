# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts said -> what became of every step, and the exit status."""

from __future__ import annotations

from typing import Any

import pytest

from novalite.apply.events import Report, TaskOutcome, report_from_outcomes
from novalite.apply.outcome import error_from_report
from novalite.model.plan import Plan, Step


def plan(*waves: list[tuple[str, str]]) -> Plan:
    steps = [
        tuple(Step(id=number, host=host, action="create", name=f"web-{number}", body={}) for number, host in wave)
        for wave in waves
    ]
    return Plan(project="shop", fleet="sha256:0", changes=(), waves=tuple(steps), relied={})


def said(host: str, outcome: str, **steps: str) -> TaskOutcome:
    told = [{"id": number, "outcome": how, "seconds": 0.1} for number, how in steps.items()]
    state = "ok" if outcome == "done" else "failed"
    result: dict[str, Any] = {"outcome": outcome, "message": f"because {outcome}", "steps": told}
    return TaskOutcome(host, state, result, seconds=0.5)


def report(what: Plan, *outcomes: TaskOutcome, interrupted: bool = False) -> Report:
    return report_from_outcomes(what, "sha256:1", outcomes, interrupted=interrupted)


TWO = plan([("s1", "a"), ("s2", "a"), ("s3", "b")])


def test_all_done() -> None:
    made = report(TWO, said("a", "done", s1="done", s2="nothing"), said("b", "done", s3="done"))
    assert [step.outcome for step in made.steps] == ["done", "done", "done"]
    assert [step.changed for step in made.steps] == [True, False, True]
    assert made.exit_status == 0
    assert error_from_report(made, "novalite apply") is None


def test_one_host_fails_in_the_middle() -> None:
    made = report(TWO, said("a", "failed", s1="done", s2="failed"), said("b", "done", s3="done"))
    assert made.exit_status == 5
    error = error_from_report(made, "novalite apply --yes")
    assert error is not None
    assert error.exit_status == 5
    assert "2 done, 1 failed, 0 not started" in error.message
    assert error.proceed is not None
    assert error.proceed.startswith("novalite apply --yes")


def test_a_host_cut_off_in_the_middle_is_unknown_not_unstarted() -> None:
    made = report(TWO, said("a", "done", s1="done", s2="done"), TaskOutcome("b", "unreachable", {}, "gone"))
    assert made.steps[2].outcome == "unknown"
    assert made.hosts[1].outcome == "unreachable"
    assert made.exit_status == 5


def test_a_host_that_never_answered_after_its_start() -> None:
    made = report(TWO, said("a", "done", s1="done", s2="done"), TaskOutcome("b", "started"), interrupted=True)
    assert made.steps[2].outcome == "unknown"
    assert made.exit_status == 130


@pytest.mark.parametrize("word", ["stale", "locked"])
def test_refused_everywhere_is_a_conflict(word: str) -> None:
    made = report(TWO, said("a", word), said("b", word))
    assert made.exit_status == 4
    error = error_from_report(made, "novalite apply")
    assert error is not None
    assert error.exit_status == 4
    assert f"because {word}" in error.message


def test_refused_on_one_host_only_is_partial() -> None:
    made = report(TWO, said("a", "done", s1="done", s2="done"), said("b", "locked"))
    assert made.exit_status == 5
    assert made.steps[2].outcome == "not_started"


def test_later_waves_not_reached() -> None:
    made = report(plan([("s1", "a")], [("s2", "b")]), said("a", "failed", s1="failed"))
    assert [step.outcome for step in made.steps] == ["failed", "not_started"]
    assert [host.outcome for host in made.hosts] == ["failed", "not_started"]


def test_interrupted_after_everything_was_done_is_done() -> None:
    made = report(TWO, said("a", "done", s1="done", s2="done"), said("b", "done", s3="done"), interrupted=True)
    assert made.exit_status == 0


def test_document_counts_every_step() -> None:
    document = report(TWO, said("a", "stopped")).to_document()
    assert document["format"] == "novalite.report/1"
    assert sum(document["counts"].values()) == len(document["steps"]) == 3
