# SPDX-License-Identifier: GPL-3.0-or-later
"""A report that is not all done -> the error that ends the command. Pure."""

from __future__ import annotations

from novalite.apply.events import DONE, FAILED, NOT_STARTED, OPEN, Report
from novalite.errors import ApplyPartial, Interrupted, LockHeld, NovaliteError, PlanStale


def error_from_report(report: Report, again: str) -> NovaliteError | None:
    """Return None where everything was done, else what to raise; ``again`` is the command that resumes."""
    status = report.exit_status
    if status == 0:
        return None
    if status == 4:
        return _refusal(report, again)
    words = [
        f"{report.count(outcome)} {word}"
        for outcome, word in ((DONE, "done"), (FAILED, "failed"), (OPEN, "unknown"), (NOT_STARTED, "not started"))
        if report.count(outcome) or outcome in (DONE, NOT_STARTED)
    ]
    counts = "steps: " + ", ".join(words)
    if status == 130:
        return Interrupted(f"stopped; {counts}; running it again does the rest", proceed=again)
    what = "applied in part" if report.count(DONE) or report.count(OPEN) else "not applied"
    return ApplyPartial(f"{what}; {counts}; running it again does the rest", proceed=again)


def _refusal(report: Report, again: str) -> NovaliteError:
    refused = [host for host in report.hosts if host.outcome in ("stale", "locked")]
    locked = all(host.outcome == "locked" for host in refused)
    message = "; ".join(f"{host.host}: {host.message or host.outcome}" for host in refused)
    if locked:
        return LockHeld(f"nothing was changed: {message}", proceed=again)
    return PlanStale(f"nothing was changed: {message}", proceed=again)
