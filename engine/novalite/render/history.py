# SPDX-License-Identifier: GPL-3.0-or-later
"""The history as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from novalite.render.tables import new_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.table import Table

_STYLES = {"done": "green", "failed": "red", "partial": "yellow", "interrupted": "yellow", "refused": "yellow"}


def history_table(entries: Iterable[Any]) -> Table:
    """Return one line an apply, in the order given."""
    table = new_table("apply", "began", "by", "project", "plan", "changes", "outcome", "seconds", numbers=("seconds",))
    for entry in entries:
        changes = ", ".join(f"{count} {word}" for word, count in entry.summary.items() if count and word != "keep")
        outcome = entry.outcome or "open"
        table.add_row(
            str(entry.id),
            Text(entry.began),
            Text(entry.actor),
            Text(entry.project),
            Text(entry.digest.removeprefix("sha256:")[:12]),
            Text(changes),
            Text(outcome, style=_STYLES.get(outcome, "")),
            "" if entry.seconds is None else f"{entry.seconds:.1f}",
        )
    return table


def steps_table(steps: Iterable[Mapping[str, Any]]) -> Table:
    """Return one line a step of one apply."""
    table = new_table("step", "part", "host", "action", "instance", "outcome", "seconds", "error", numbers=("seconds",))
    for step in steps:
        outcome = str(step["outcome"] or "open")
        table.add_row(
            Text(str(step["step"])),
            str(step["wave"] + 1),
            Text(str(step["host"])),
            Text(str(step["action"])),
            Text(str(step["name"])),
            Text(outcome, style=_STYLES.get(outcome, "")),
            "" if step["seconds"] is None else f"{step['seconds']:.2f}",
            Text(" ".join(str(step["error"] or "").split())),
        )
    return table
