# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as a card for the pull request: Markdown under 60 KB, table by what it costs, details folded."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from novalite.render.first_boots import first_boots_of
from novalite.render.secrets import secrets_of
from novalite.render.words import (
    action_of,
    clean,
    counts_of,
    effect_of,
    moves_of,
    rolling_of,
    verdict_of,
    waits_of,
)

if TYPE_CHECKING:
    from novalite.model.plan import Plan, PlannedChange

LIMIT_BYTES = 60_000
_ORDER = ("destroy", "replace", "rebuild", "migrate", "restart", "pending", "hot", "none")  # the worst first


def plan_markdown(plan: Plan) -> str:
    """Return the card; where it would be too long, the rows that cost least are counted instead of shown."""
    head = [f"### novalite: {_cell(plan.project)}", "", _cell(counts_of(plan)), ""]
    moves = moves_of(plan)
    head += [_cell(moves), ""] if moves is not None else []
    verdict = verdict_of(plan)
    if verdict is not None:
        head += [f"**{_cell(verdict)}**", ""]
    foot = _rolling(plan) + _secrets(plan) + _problems(plan) + _hosts(plan)
    room = LIMIT_BYTES - sum(len(line.encode()) + 1 for line in head)
    foot, room = _cut(foot, room // 3), room
    rows = _table(plan)
    room -= sum(len(line.encode()) + 1 for line in foot)
    return "\n".join([*head, *_cut(rows, room), *foot]).rstrip() + "\n"


def _table(plan: Plan) -> list[str]:
    if not plan.changes:
        return []
    ranked = sorted(plan.changes, key=lambda change: _rank(change))
    lines = ["| | instance | what | cost | why |", "|---|---|---|---|---|"]
    for _, group in groupby(ranked, key=_rank):
        lines += [_row(change) for change in group]
    return [*lines, ""]


def _rank(change: PlannedChange) -> int:
    return _ORDER.index(change.disruption) if change.disruption in _ORDER else 0


def _row(change: PlannedChange) -> str:
    cells = (change.name, change.summary, effect_of(change), change.reason)
    return f"| `{action_of(change).symbol}` | {' | '.join(_cell(cell) for cell in cells)} |"


def _rolling(plan: Plan) -> list[str]:
    lines: list[str] = []
    for title, waves in rolling_of(plan):
        lines += [f"**{_cell(title)}**", "", *(f"- {_cell(line)}" for line in waves), ""]
    for line in waits_of(plan):
        lines += [_cell(line), ""]
    births = first_boots_of(plan)
    lines += [_cell(births), ""] if births is not None else []
    return lines


def _secrets(plan: Plan) -> list[str]:
    lines = [f"- {_cell(line)}" for line in secrets_of(plan)]
    return [*lines, ""] if lines else []


def _problems(plan: Plan) -> list[str]:
    if not plan.problems:
        return []
    lines = ["<details><summary>Problems</summary>", ""]
    for problem in plan.problems:
        lines.append(
            f"- **{problem.id}** {_cell(problem.summary)}{' — ' + _cell(problem.help) if problem.help else ''}"
        )
        lines += [f"  - {_cell(line)}" for line in problem.detail.splitlines()]
    return [*lines, "", "</details>", ""]


def _hosts(plan: Plan) -> list[str]:
    if not plan.unknown:
        return []
    lines = ["<details><summary>Unknown hosts</summary>", ""]
    lines += [f"- {_cell(host)}: {_cell(why)}" for host, why in plan.unknown.items()]
    return [*lines, "", "</details>", ""]


def _cut(lines: list[str], room: int) -> list[str]:
    kept: list[str] = []
    for index, line in enumerate(lines):
        room -= len(line.encode()) + 1
        if room < 200:
            tail = ["", "</details>", ""] if lines[-2:] == ["</details>", ""] else [""]
            return [*kept, "", f"... and {len(lines) - index} more lines: novalite show has them all", *tail]
        kept.append(line)
    return kept


def _cell(text: str) -> str:
    """Return a text that Markdown and HTML leave alone."""
    safe = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for letter in "\\`*_[]|~":
        safe = safe.replace(letter, "\\" + letter)
    return safe
