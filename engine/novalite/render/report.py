# SPDX-License-Identifier: GPL-3.0-or-later
"""How an apply ended, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from novalite.render.tables import new_table

if TYPE_CHECKING:
    from rich.table import Table


_SHOWN = 50
WORDS = {"done": "done", "failed": "failed", "unknown": "nobody heard how it ended", "not_started": "not started"}


def steps_of_interest(report: Any) -> Table | None:
    """Return a table of the steps that were not done, or None where all were."""
    rest = [step for step in report.steps if step.outcome != "done"]
    if not rest:
        return None
    table = new_table("", "step", "host", "action", "instance", "why")
    reasons = {host.host: host.message for host in report.hosts}
    for step in rest[:_SHOWN]:
        why = step.error or reasons.get(step.host, "")
        mark = {"failed": "x", "unknown": "?"}.get(step.outcome, "-")
        said = " ".join(why.split()) or WORDS[step.outcome]
        table.add_row(*[Text(cell) for cell in (mark, step.id, step.host, step.action, step.name, said)])
    return table


def report_lines(report: Any) -> list[str]:
    """Return the closing lines: counts, hosts, duration."""
    done = report.count("done")
    hosts = sum(host.outcome == "done" for host in report.hosts)
    lines = []
    if done == len(report.steps):
        steps = f"{done} step{'' if done == 1 else 's'}"
        lines.append(f"Applied: {steps} on {hosts} host{'' if hosts == 1 else 's'} in {report.seconds:.1f} s.")
    else:
        counts = {word.replace("_", " "): report.count(word) for word in WORDS}
        said = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
        lines.append(
            f"{'Not all' if done or report.count('unknown') else 'Nothing was'} applied: {said}; "
            f"{report.seconds:.1f} s."
        )
    for one in report.not_begun:
        lines.append(f"Not begun: wave {one['wave']} of {one['set']}: {', '.join(one['names'])}.")
    return lines
