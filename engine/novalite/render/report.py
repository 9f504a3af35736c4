# SPDX-License-Identifier: GPL-3.0-or-later
"""How an apply ended, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from novalite.render.tables import new_table

if TYPE_CHECKING:
    from rich.table import Table


def steps_of_interest(report: Any) -> Table | None:
    """Return a table of the steps that were not done, or None where all were."""
    rest = [step for step in report.steps if step.outcome != "done"]
    if not rest:
        return None
    table = new_table("", "step", "host", "action", "instance", "why")
    reasons = {host.host: host.message or host.outcome for host in report.hosts}
    for step in rest[:50]:
        why = step.error or (reasons.get(step.host, "") if reasons.get(step.host) != "done" else "")
        mark = {"failed": "x", "unknown": "?"}.get(step.outcome, "-")
        said = " ".join(why.split()) or step.outcome.replace("_", " ")
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
        lines.append(
            f"Not all applied: {done} done, {report.count('failed')} failed, {report.count('unknown')} unknown, "
            f"{report.count('not_started')} not started; {report.seconds:.1f} s."
        )
    return lines
