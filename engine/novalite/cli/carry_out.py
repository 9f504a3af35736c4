# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``apply`` and ``destroy`` share: show, ask, apply, report."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
from typing import TYPE_CHECKING, Any

import click

from novalite.cli.drawing import show_plan, show_report
from novalite.cli.look import inventories, observe
from novalite.cli.progress import Progress
from novalite.cli.sources import Planning, make_plan, unknown_hosts
from novalite.cli.terminal import command_line, confirm, note, replan_line
from novalite.errors import ObserveIncomplete, PlanErrored, PlanStale

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from novalite.apply.events import Report
    from novalite.apply.private_values import PrivateValues
    from novalite.cli.plan_files import StoredPlan
    from novalite.model.plan import Plan
    from novalite.playbook import HostEvent

EVENTS = "novalite.events/1"
_INTERRUPTED = {
    1: "stopping: what hosts have begun is finished, nothing else is started; Ctrl-C again stops waiting for them",
    2: "no longer waiting: hosts finish what they have begun by themselves",
}


def apply_fleet(given: str | None, planning: Planning, *, yes: bool, as_json: bool, destroy: bool = False) -> int:
    """Plan a fleet and apply the plan; return the exit status."""
    return apply_made(make_plan(given, planning, destroy=destroy), planning, yes=yes, as_json=as_json)


def apply_made(
    plan: Plan,
    planning: Planning,
    *,
    yes: bool,
    as_json: bool,
    passwords: Mapping[str, Mapping[str, Any]] | None = None,
    then: Callable[[Report], None] | None = None,
) -> int:
    """Show a plan that was just made, and apply it; return the exit status.

    ``passwords`` (step id -> what its host gets besides) are in no plan, file or history. ``then`` hears the report of
    an apply of which everything was done.
    """
    from novalite.cli.plan_files import stored

    return _apply(stored(plan), planning, yes=yes, as_json=as_json, passwords=passwords, then=then)


def apply_plan_file(path: Path, planning: Planning, *, yes: bool, as_json: bool) -> int:
    """Apply a plan from a file, if what it relied on is still so; return the exit status."""
    from novalite.cli.plan_files import load_plan
    from novalite.plan.file import verify

    stored = load_plan(path)
    if not stored.plan.is_errored and not stored.plan.is_empty:
        seen = observe(planning, limit=sorted(stored.plan.relied))
        stale = verify(stored.plan, seen, digest=stored.digest)
        silent = {host: lost.reason for host, lost in seen.unknown.items() if host in stored.plan.relied}
        if stale and len(stale) == len(silent):
            raise ObserveIncomplete(silent, "nothing was changed: the plan needs hosts that do not answer")
        if stale:
            again = replan_line(path, planning.inventory)
            raise PlanStale("\n  ".join(["nothing was changed: this plan no longer fits", *stale]), proceed=again)
    return _apply(stored, planning, yes=yes, as_json=as_json, path=path)


def _apply(
    stored: StoredPlan,
    planning: Planning,
    *,
    yes: bool,
    as_json: bool,
    path: Path | None = None,
    passwords: Mapping[str, Mapping[str, Any]] | None = None,
    then: Callable[[Report], None] | None = None,
) -> int:
    plan = stored.plan
    if not as_json:
        show_plan(stored)
    if plan.what_if:
        raise PlanErrored(
            f"this plan is a what-if ({plan.what_if[0]}): it is shown, never applied", proceed="novalite plan"
        )
    if plan.is_errored:
        problems = [problem for problem in plan.problems if problem.severity == "error"]
        many = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
        raise PlanErrored(
            f"the plan has {many}, so none of it is applied" + (f": {problems[0].summary}" if as_json else ""),
            proceed=problems[0].help or "mend the fleet, then run this again",
        )
    private = _private_values(plan, passwords)
    unknown = unknown_hosts(plan)
    stream = _Stream(as_json, stored)
    if plan.is_empty:
        stream.end({"outcome": "done", "digest": stored.digest, "steps": [], "hosts": []})
    else:
        if not yes:
            confirm("Apply this plan?", command_line(add=["--yes"]))
        # A plan is used up once it was begun: what is left needs a new one.
        again = command_line(add=["--yes"]) if path is None else replan_line(path, planning.inventory)
        report = _carry_out(stored, planning, stream, again, private)
        if then is not None:
            then(report)
    if unknown:
        raise ObserveIncomplete(unknown)
    return 0


def _private_values(plan: Plan, passwords: Mapping[str, Mapping[str, Any]] | None) -> PrivateValues:
    """Return what no plan holds: asked for before a host is touched. Raises: SecretUnreadable, SecretChanged."""
    from novalite.apply.private_values import PrivateValues

    if not plan.secrets:
        return PrivateValues(passwords or {})
    from novalite.cli.secret_values import check_secrets

    return PrivateValues(passwords or {}, check_secrets(plan))


def _carry_out(stored: StoredPlan, planning: Planning, stream: _Stream, again: str, private: PrivateValues) -> Report:
    from novalite.apply.history import History, history_path
    from novalite.apply.outcome import error_from_report
    from novalite.apply.run import Recorded, apply
    from novalite.render.words import wait_of

    recorded = Recorded(
        History(history_path(os.environ)),
        actor=_actor(),
        summary=stored.summary,
        now=lambda: datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )
    waves, ends = len(stored.plan.waves), {one["wave"]: wait_of(one) for one in stored.plan.waits}
    with Progress("applying", quiet=stream.is_on, plain=True, waves=waves, ends=ends) as progress:
        # The terminal may hang up and the reader of a pipe may go: hosts are at work all the same.
        def take(event: HostEvent) -> None:
            with contextlib.suppress(OSError):
                progress.take(event)
                stream.host(event)

        def interrupted(nth: int) -> None:
            with contextlib.suppress(OSError):
                progress.say(_INTERRUPTED[min(nth, 2)])

        report = apply(
            stored.plan,
            stored.digest,
            stored.content,
            inventories(planning.inventory),
            recorded=recorded,
            forks=planning.forks,
            lock_wait_s=planning.lock_wait_s,
            on_event=take,
            on_interrupt=interrupted,
            warn=lambda text: note(f"warning: {text}"),
            private=private,
        )
    stream.end(report.to_document())
    if not stream.is_on:
        show_report(report)
    error = error_from_report(report, again)
    if error is not None:
        raise error
    return report


def _actor() -> str:
    """Return who does this, as the history keeps it."""
    import getpass
    import socket

    try:
        user = os.environ.get("SUDO_USER") or getpass.getuser()
    except (OSError, KeyError):  # a user without an entry in passwd
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


class _Stream:
    """The JSON lines of ``--json``: the first names the schema, the last is the report."""

    def __init__(self, is_on: bool, stored: StoredPlan) -> None:
        self.is_on = is_on
        self._line({"format": EVENTS, "digest": stored.digest, "summary": stored.summary})

    def host(self, event: HostEvent) -> None:
        self._line(
            {
                "event": "host",
                "host": event.host,
                "task": event.task,
                "state": event.state,
                "message": event.message,
                "seconds": round(event.seconds, 3),
            }
        )

    def end(self, document: dict[str, Any]) -> None:
        self._line({"event": "report", **document})

    def _line(self, document: dict[str, Any]) -> None:
        if self.is_on:
            click.echo(json.dumps(document, ensure_ascii=False))
