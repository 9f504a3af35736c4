# SPDX-License-Identifier: GPL-3.0-or-later
"""Why an instance goes where it goes: every host, every filter with its numbers, every weight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from rich.text import Text

from novalite.render.tables import new_table

if TYPE_CHECKING:
    from rich.table import Table

    from novalite.model.placement import Explanation


def explanation_table(explanation: Explanation) -> Table:
    """Return one line a host: the best first, then those a filter refuses, with the reason."""
    weighers = list(dict.fromkeys(verdict.weigher for row in explanation.rows for verdict in row.weights))
    table = new_table("", "host", *weighers, "weight", "why", numbers=(*weighers, "weight"))
    order = sorted(explanation.rows, key=lambda row: (row.first_refusal is not None, -(row.total or 0.0), row.host))
    for row in order:
        refusal = row.first_refusal
        products = {verdict.weigher: f"{verdict.product:.3f}" for verdict in row.weights}
        mark = {explanation.winner: "*", explanation.runner_up: "2"}.get(row.host, "x" if refusal else "")
        passed = ", ".join(verdict.filter for verdict in row.filters)
        why = f"{refusal.filter}: {refusal.why}" if refusal else f"passes {passed}" if passed else "passes"
        table.add_row(
            mark,
            Text(row.host, style="bold" if row.host == explanation.winner else ""),
            *[products.get(weigher, "") for weigher in weighers],
            f"{row.total:.3f}" if row.weights and row.total is not None else "",
            Text(why, style="red" if refusal else ""),
        )
    return table


def explanation_lines(explanation: Explanation) -> list[str]:
    """Return the conclusion."""
    lines = []
    if explanation.current is not None:
        lines.append(f"{explanation.name} lives on {explanation.current} and stays; placed anew it would be so:")
    if explanation.winner is None:
        counts = ", ".join(f"{count} by {name}" for name, count in explanation.refused.items())
        lines.append(f"{explanation.name}: no valid host; refused: {counts or 'there is no host'}")
        return lines
    passed = sum(row.first_refusal is None for row in explanation.rows)
    line = f"{explanation.name} goes to {explanation.winner}: best of {passed} of {len(explanation.rows)} hosts"
    if explanation.runner_up is not None and explanation.margin is not None:
        line += f", {explanation.margin:.3f} ahead of {explanation.runner_up}"
    lines.append(line)
    return lines


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """Return the same as JSON values."""
    return {"format": "novalite.placement/1", **attrs.asdict(explanation)}
