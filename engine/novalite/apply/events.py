# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of the module ``steps`` -> a report: what was done, what failed, what was not started. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from novalite.model.plan import Plan

DONE, FAILED, NOT_STARTED, OPEN = "done", "failed", "not_started", "unknown"


@attrs.frozen(slots=True)
class StepReport:
    """One step of the plan and what became of it. ``unknown``: begun, and nobody heard how it ended."""

    id: str
    host: str
    action: str
    name: str
    outcome: str
    changed: bool = False
    error: str = ""
    error_id: str = ""
    seconds: float = 0.0
    wave: int = 0
    told: Mapping[str, Any] = attrs.field(factory=dict)  # what its host made: an image's digest, a dump's path


@attrs.frozen(slots=True)
class HostReport:
    """How a host's work ended: done, failed, stale, locked, stopped, unreachable or not_started."""

    host: str
    outcome: str
    message: str = ""
    seconds: float = 0.0


@attrs.frozen(slots=True)
class Report:
    """Everything about one apply, in the plan's order."""

    digest: str
    steps: tuple[StepReport, ...]
    hosts: tuple[HostReport, ...]
    interrupted: bool = False
    seconds: float = 0.0
    rolling: tuple[Mapping[str, Any], ...] = ()  # Plan.rolling

    def count(self, outcome: str) -> int:
        """Return how many steps ended so."""
        return sum(step.outcome == outcome for step in self.steps)

    @property
    def not_begun(self) -> list[dict[str, Any]]:
        """Return the waves of sets of which nothing was begun: {"set", "wave" (of the set, from 1), "names"}."""
        begun = max((step.wave for step in self.steps if step.outcome != NOT_STARTED), default=-1)
        return [
            {"set": one["set"], "wave": number, "names": list(wave["names"])}
            for one in self.rolling
            for number, wave in enumerate(one["waves"], start=1)
            if wave["wave"] > begun
        ]

    @property
    def exit_status(self) -> int:
        """Return 0, 4 (refused, nothing was changed), 5 (done in part) or 130 (interrupted)."""
        if all(step.outcome == DONE for step in self.steps):
            return 0
        if self.interrupted:
            return 130
        refused = any(host.outcome in ("stale", "locked") for host in self.hosts)
        return 4 if refused and not any(step.outcome in (DONE, FAILED, OPEN) for step in self.steps) else 5

    @property
    def outcome(self) -> str:
        """Return the word the history keeps."""
        return {0: "done", 4: "refused", 5: "partial", 130: "interrupted"}[self.exit_status]

    def to_document(self) -> dict[str, Any]:
        """Return the report as JSON values, ``novalite.report/1``."""
        return {
            "format": "novalite.report/1",
            "digest": self.digest,
            "outcome": self.outcome,
            "seconds": round(self.seconds, 3),
            "counts": {word: self.count(word) for word in (DONE, FAILED, NOT_STARTED, OPEN)},
            **({"not_begun": self.not_begun} if self.rolling else {}),
            "hosts": [attrs.asdict(host) for host in self.hosts],
            "steps": [_step_document(step) for step in self.steps],
        }


def _step_document(step: StepReport) -> dict[str, Any]:
    document = attrs.asdict(step)
    if not step.told:
        del document["told"]
    return document


@attrs.frozen(slots=True)
class TaskOutcome:
    """What one host said at the end of one wave: ``state`` as Ansible calls it, ``result`` as ``steps`` returned it."""

    host: str
    state: str  # ok, failed, unreachable, started (nothing was heard after the start)
    result: Mapping[str, Any] = attrs.field(factory=dict)
    message: str = ""
    seconds: float = 0.0


def report_from_outcomes(
    plan: Plan, digest: str, outcomes: Iterable[TaskOutcome], *, interrupted: bool = False, seconds: float = 0.0
) -> Report:
    """Return the report of an apply from what its hosts said, wave after wave."""
    told: dict[str, Mapping[str, Any]] = {}
    by_host: dict[str, list[TaskOutcome]] = {}
    for outcome in outcomes:
        by_host.setdefault(outcome.host, []).append(outcome)
        told.update({str(step["id"]): step for step in outcome.result.get("steps") or () if "id" in step})
    lost = {host for host, said in by_host.items() if _is_lost(said[-1])}
    steps = []
    for number, wave in enumerate(plan.waves):
        for step in wave:
            found = _step_report(step.id, step.host, step.action, step.name, told.get(step.id), lost)
            steps.append(attrs.evolve(found, wave=number))
    hosts = tuple(_host_report(host, by_host.get(host, [])) for host in sorted({step.host for step in steps}))
    return Report(digest, tuple(steps), hosts, interrupted, seconds, plan.rolling)


def _is_lost(last: TaskOutcome) -> bool:
    """Tell whether a host may have begun its steps without telling: cut off in the middle, or the module crashed."""
    return last.state in ("unreachable", "started", "failed") and "outcome" not in last.result


def _step_report(
    step_id: str, host: str, action: str, name: str, told: Mapping[str, Any] | None, lost: set[str]
) -> StepReport:
    if told is None:
        return StepReport(step_id, host, action, name, OPEN if host in lost else NOT_STARTED)
    outcome = str(told.get("outcome", OPEN))
    error = told.get("error") or {}
    return StepReport(
        id=step_id,
        host=host,
        action=action,
        name=name,
        outcome=DONE if outcome == "nothing" else outcome,
        changed=outcome == DONE,
        error=str(error.get("message", "")),
        error_id=str(error.get("id", "")),
        seconds=float(told.get("seconds") or 0.0),
        told=told.get("told") or {},
    )


def _host_report(host: str, said: list[TaskOutcome]) -> HostReport:
    seconds = sum(outcome.seconds for outcome in said)
    if not said:
        return HostReport(host, NOT_STARTED)
    last = said[-1]
    if last.state == "unreachable":
        return HostReport(host, "unreachable", last.message, seconds)
    if last.state == "started":
        return HostReport(host, "unreachable", "it did not say how its work ended", seconds)
    outcome = str(last.result.get("outcome") or ("done" if last.state == "ok" else "failed"))
    message = str(last.result.get("message") or "") or last.message
    return HostReport(host, outcome, "" if outcome == DONE else message, seconds)
