# SPDX-License-Identifier: GPL-3.0-or-later
"""Problems as text that points at the line, as JSON, and as SARIF for code review. Pure."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from novalite.problem_ids import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from novalite.problem import Problem, Where

_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "faint": "\x1b[34m", "bold": "\x1b[1m"}
_PLAIN = "\x1b[0m"
_SHOWN_WIDTH = 160
_TAB = "    "


def problems_text(problems: Sequence[Problem], *, colour: bool = False, contacted: bool = False) -> str:
    """Return all problems, each with its lines and carets, and the counts last."""
    parts = [_problem_text(problem, colour) for problem in problems]
    return "\n".join([*parts, counts_text(problems, contacted=contacted)])


def counts_text(problems: Iterable[Problem], *, contacted: bool = False) -> str:
    """Return the last line, such as ``2 errors, 1 warning; nothing was contacted``."""
    counts = {"error": 0, "warning": 0}
    for problem in problems:
        counts[problem.severity] += 1
    words = [f"{count} {word}{'' if count == 1 else 's'}" for word, count in counts.items() if count]
    if not words:
        return "no problems"
    return ", ".join(words) + ("; nothing was contacted" if counts["error"] and not contacted else "")


def _paint(text: str, name: str, colour: bool) -> str:
    return f"{_COLOURS[name]}{text}{_PLAIN}" if colour else text


def _problem_text(problem: Problem, colour: bool) -> str:
    label = _paint(f"{problem.severity}[{problem.id}]", problem.severity, colour)
    lines = [f"{label}: {_paint(printable(problem.summary), 'bold', colour)}"]
    where = problem.where
    width = len(str(where.line)) if where else 1
    if where is not None:
        arrow = _paint("-->", "faint", colour)
        lines.append(f"{' ' * width}{arrow} {printable(where.file)}:{where.line}:{where.column}")
        lines += _snippet(problem.snippet, where, width, problem.severity, colour)
    for label, place in problem.related:
        lines.append(f"{' ' * width} = {label}: {printable(place.file)}:{place.line}:{place.column}")
    lines += [f"{' ' * width} = {printable(line)}" for line in problem.detail.splitlines()]
    if problem.help:
        lines.append(f"{' ' * width} = help: {printable(problem.help)}")
    return "\n".join(lines)


def _snippet(snippet: Sequence[tuple[int, str]], where: Where, width: int, severity: str, colour: bool) -> list[str]:
    lines = []
    for number, text in snippet:
        bar = _paint(f"{number:>{width}} |", "faint", colour)
        lines.append(f"{bar} {_cut(printable(text, keep_tabs=True))}".rstrip())
        if number == where.line:
            start = _columns(text[: where.column - 1])
            marked = max(_columns(text[where.column - 1 : where.column - 1 + where.length]), 1)
            if start < _SHOWN_WIDTH:
                carets = _paint("^" * min(marked, _SHOWN_WIDTH - start), severity, colour)
                lines.append(_paint(f"{' ' * width} |", "faint", colour) + f" {' ' * start}{carets}")
    return lines


def printable(text: str, keep_tabs: bool = False) -> str:
    """Return a text that a terminal shows and never obeys: control and format characters are written as escapes."""
    if keep_tabs:
        text = text.replace("\t", _TAB)
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def _escape(character: str) -> str:
    return f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"


def _columns(text: str) -> int:
    """Return how wide a text is on a terminal, as ``printable`` writes it."""
    width = 0
    for character in printable(text, keep_tabs=True):
        if unicodedata.combining(character):
            continue
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return width


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_WIDTH else text[: _SHOWN_WIDTH - 3] + "..."


def problems_document(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Return the problems as JSON values."""
    return [
        {
            "id": problem.id,
            "severity": problem.severity,
            "summary": problem.summary,
            "detail": problem.detail,
            "help": problem.help,
            "where": _where_document(problem.where),
            "pointer": problem.pointer,
            "related": [{"label": label, "where": _where_document(place)} for label, place in problem.related],
        }
        for problem in problems
    ]


def _where_document(where: Where | None) -> dict[str, Any] | None:
    if where is None:
        return None
    return {"file": where.file, "line": where.line, "column": where.column, "length": where.length}


def problems_sarif(problems: Sequence[Problem], *, version: str = "") -> dict[str, Any]:
    """Return the problems as SARIF 2.1.0, which code review shows on the lines.

    Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/.
    """
    used = sorted({problem.id for problem in problems})
    driver: dict[str, Any] = {"name": "novalite", "rules": [_rule(problem_id) for problem_id in used]}
    if version:
        driver["version"] = version
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(problem, used.index(problem.id)) for problem in problems],
            }
        ],
    }


def _rule(problem_id: str) -> dict[str, Any]:
    title, text = CATALOGUE.get(problem_id, (problem_id, ""))
    return {
        "id": problem_id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": text or title},
    }


def _result(problem: Problem, rule_index: int) -> dict[str, Any]:
    text = problem.summary + (f" ({problem.help})" if problem.help else "")
    result: dict[str, Any] = {
        "ruleId": problem.id,
        "ruleIndex": rule_index,
        "level": problem.severity,
        "message": {"text": text},
    }
    if problem.where is not None:
        result["locations"] = [{"physicalLocation": _location(problem.where)}]
    if problem.related:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": label}, "physicalLocation": _location(place)}
            for number, (label, place) in enumerate(problem.related)
        ]
    return result


def _location(where: Where) -> dict[str, Any]:
    region = {
        "startLine": where.line,
        "startColumn": where.column,
        "endLine": where.line,
        "endColumn": where.column + where.length,
    }
    return {"artifactLocation": {"uri": _uri(where.file)}, "region": region}


def _uri(file: str) -> str:
    from urllib.parse import quote

    return ("file://" if file.startswith("/") else "") + quote(file)
