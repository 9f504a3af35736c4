# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as lines of text: one line a change, what it costs, the reason, counts last. It reads, it never computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.change import Action
from novalite.render.first_boots import first_boots_of
from novalite.render.secrets import secrets_of
from novalite.render.words import (
    COLOURS,
    action_of,
    batch_of,
    clean,
    counts_of,
    effect_of,
    goals_of,
    moves_of,
    rolling_of,
    verdict_of,
    waits_of,
)

if TYPE_CHECKING:
    from novalite.model.plan import Plan, PlannedChange

_LEAST = (12, 16, 8)  # columns grow with what is in them, so that a short plan does not look cramped
_MOST = (40, 44, 34)


def plan_text(plan: Plan, *, colour: bool = False) -> str:
    """Return the plan for people, ending in a newline; with ``colour`` as rich markup, otherwise plain."""
    rows = [_row(change) for change in plan.changes]
    rows += [(Action.UNKNOWN, clean(host), "host", "unknown", clean(why)) for host, why in plan.unknown.items()]
    widths = _widths(rows)
    lines = [_line(row, widths, colour) for row in rows]
    lines.append(_paint(counts_of(plan), "bold", colour))
    batch = batch_of(plan)
    lines += [_paint(clean(batch), "", colour)] if batch is not None else []
    moves = moves_of(plan)
    lines += [_paint(clean(moves), "", colour)] if moves is not None else []
    lines += [_paint(text, style, colour) for text, style in goals_of(plan)]
    for title, waves in rolling_of(plan):
        lines += [_paint(title, "", colour), *(f"  {_escape(line, colour)}" for line in waves)]
    lines += [_paint(line, "", colour) for line in waits_of(plan)]
    births = first_boots_of(plan)
    lines += [_paint(births, "", colour)] if births is not None else []
    lines += [_paint(f"  {text}", "dim", colour) for text in secrets_of(plan)]
    verdict = verdict_of(plan)
    if verdict is not None:
        lines.append(_paint(verdict, "bold red" if plan.is_errored else "green", colour))
    return "\n".join(lines) + "\n"


Row = tuple[Action, str, str, str, str]


def _row(change: PlannedChange) -> Row:
    return action_of(change), clean(change.name), clean(change.summary), effect_of(change), clean(change.reason)


def _widths(rows: list[Row]) -> list[int]:
    columns = ([row[1] for row in rows], [row[2] for row in rows], [row[3] for row in rows])
    return [
        min(most, max([least, *map(len, cells)])) for least, most, cells in zip(_LEAST, _MOST, columns, strict=True)
    ]


def _line(row: Row, widths: list[int], colour: bool) -> str:
    action, *cells, reason = row
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
    text = "  ".join([*padded, reason]).rstrip()
    return f"  {_paint(action.symbol, COLOURS[action], colour)} {_escape(text, colour)}"


def _paint(text: str, style: str, colour: bool) -> str:
    return f"[{style}]{_escape(text, colour)}[/{style}]" if colour and style else _escape(text, colour)


def _escape(text: str, colour: bool) -> str:
    if not colour:
        return text
    from rich.markup import escape

    return escape(text)
