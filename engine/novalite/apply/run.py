# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry a plan out: write the intent down, run the playbook, report. I/O.

The first Ctrl-C makes a file whose presence tells hosts that have not begun to leave it be; the second one stops
waiting. No decision is taken here: what happens is what the plan shows.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import attrs

from novalite import playbook
from novalite.apply.events import NOT_STARTED, Report, TaskOutcome, report_from_outcomes
from novalite.apply.private_values import PrivateValues, handed_over
from novalite.apply.slice_files import write_slices
from novalite.errors import NovaliteError
from novalite.private_folder import private_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from novalite.apply.history import History
    from novalite.model.plan import Plan

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@attrs.frozen(slots=True)
class Recorded:
    """Where an apply is written down, and as whose."""

    history: History
    actor: str
    summary: Mapping[str, int]
    now: Callable[[], str]  # ISO 8601


def apply(
    plan: Plan,
    digest: str,
    content: bytes,
    inventory: Sequence[str],
    *,
    recorded: Recorded,
    forks: int = 20,
    lock_wait_s: int = 30,
    on_event: Callable[[playbook.HostEvent], None] | None = None,
    on_interrupt: Callable[[int], None] = lambda _: None,
    warn: Callable[[str], None] = lambda _: None,
    private: PrivateValues | None = None,
) -> Report:
    """Apply a plan that is not errored and not empty; ``content`` is its file. Return what became of every step.

    ``on_interrupt`` hears of the n-th Ctrl-C; ``private`` values are in no file of the run. Raises: NovaliteError
    where nothing was begun.
    """
    hosts = sorted({step.host for wave in plan.waves for step in wave})
    odd = [host for host in hosts if not _PLAIN.fullmatch(host)]
    if odd:
        raise NovaliteError(f"host names that Ansible would read as patterns: {', '.join(odd)}")
    number = recorded.history.begin(plan, digest, actor=recorded.actor, now=recorded.now(), summary=recorded.summary)
    began = time.monotonic()
    with private_folder("apply") as folder:
        ran = _run(folder, plan, content, inventory, hosts, forks, lock_wait_s, on_event, on_interrupt, private)
    outcomes = [
        TaskOutcome(event.host, event.state, event.result, event.message, event.seconds) for event in _ended(ran.events)
    ]
    report = report_from_outcomes(
        plan, digest, outcomes, interrupted=ran.interrupts > 0, seconds=time.monotonic() - began
    )
    try:
        recorded.history.end(number, report, now=recorded.now())
    except Exception as error:  # the work is done; hosts are the truth
        warn(f"the history could not be completed: {error}")
    return report


def _run(
    folder: Path,
    plan: Plan,
    content: bytes,
    inventory: Sequence[str],
    hosts: Sequence[str],
    forks: int,
    lock_wait_s: int,
    on_event: Callable[[playbook.HostEvent], None] | None,
    on_interrupt: Callable[[int], None],
    private: PrivateValues | None,
) -> playbook.RunResult:
    slices = folder / "slices"  # our own path: a name of the user's could hold a template
    stop_file = folder / "stop"

    def stop(nth: int) -> bool:
        stop_file.touch()
        on_interrupt(nth)
        return nth > 1

    with handed_over(private or PrivateValues(), folder) as values:
        write_slices(slices, content, stop_file=str(stop_file), wait_s=lock_wait_s, values=values)
        return playbook.run(
            "apply",
            inventory,
            variables={"slices": str(slices), "waves": len(plan.waves)},
            limit=hosts,
            forks=forks,
            on_event=on_event,
            stop=stop,
        )


def _ended(events: Sequence[playbook.HostEvent]) -> list[playbook.HostEvent]:
    """Return the events that say how a host's wave ended, and a start nothing followed."""
    kept: list[playbook.HostEvent] = []
    waiting: dict[str, playbook.HostEvent] = {}
    for event in events:
        if not event.task.startswith("Wave"):
            if event.state in ("failed", "unreachable"):  # between waves: the host did not begin the next one
                kept.append(attrs.evolve(event, state="failed", result={"outcome": NOT_STARTED}))
            continue
        if event.state == "started":
            waiting[event.host] = event
        else:
            waiting.pop(event.host, None)
            kept.append(event)
    return kept + list(waiting.values())
