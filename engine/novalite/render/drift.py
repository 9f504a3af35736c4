# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs, as lines grouped by who changed it, counts last; and as JSON. It reads, it never computes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from novalite.model.drift import Group, What
from novalite.render.words import clean

if TYPE_CHECKING:
    from novalite.model.drift import Drift, Finding
    from novalite.model.ignore import Ignore

FORMAT = "novalite.drift/1"

_TITLES = {
    Group.HOST: ("Host changes: what is there is not what was applied", "yellow"),
    Group.FLEET: ("Fleet changes: the fleet says something else than what was applied", "green"),
    Group.PENDING: ("Pending restart: applied, and true after the next power cycle", "magenta"),
    Group.UNKNOWN: ("Unknown: not everybody answered", "cyan"),
}
_SYMBOLS = {
    What.DOMAIN: "!",
    What.POWER: "~",
    What.NEW: "+",
    What.CHANGED: "~",
    What.RENAMED: "~",
    What.REMOVED: "-",
    What.PENDING: "=",
    What.HOST: "?",
    What.MAYBE: "?",
}
_SAID = {
    What.TRANSIENT: "transient domain",
    What.DOUBLED: "more than one domain claims to be it",
    What.UNREADABLE: "mark unreadable",
    What.GONE: "domain gone",
    What.ORPHANED: "folder without a domain",
    What.UNFINISHED: "unfinished",
    What.LEFTOVER: "leftover",
    What.NEW: "new",
    What.REMOVED: "no longer declared",
    What.HOST: "did not answer",
    What.MAYBE: "not found",
}
_WIDTH = 60  # of a value in a line; --json has the whole


def drift_text(drift: Drift, *, everything: bool = False, colour: bool = False) -> str:
    """Return it for people, ending in a newline; with ``everything`` what is ignored too."""
    lines = []
    for group, (title, style) in _TITLES.items():
        found = drift.counted(group)
        if found:
            lines.append(_paint(title, f"bold {style}", colour))
            lines += _rows(drift, found, style, colour)
    if everything and drift.ignored:
        lines.append(_paint("Ignored", "bold", colour))
        lines += _rows(drift, drift.ignored, "dim", colour)
    if drift.expired:
        lines.append(_paint("Expired: these ignores no longer count", "bold red", colour))
        lines += [f"  {_paint('x', 'red', colour)} {_escape(_ignore_text(one), colour)}" for one in drift.expired]
    lines.append(_paint(counts_of(drift), "bold" if drift.differs else "green", colour))
    return "\n".join(lines) + "\n"


def counts_of(drift: Drift) -> str:
    """Return the last line: "Drift: 2 host changes, 1 fleet change, 1 ignored. 1 of 3 hosts unknown." """
    parts = [_count(len(drift.counted(Group.HOST)), "host change")]
    if drift.project is not None:
        parts.append(_count(len(drift.counted(Group.FLEET)), "fleet change"))
    pending = len({finding.uuid for finding in drift.counted(Group.PENDING)})
    parts += [f"{pending} pending restart"] if pending else []
    maybe = sum(finding.what is What.MAYBE for finding in drift.counted(Group.UNKNOWN))
    parts += [f"{maybe} unknown"] if maybe else []
    parts += [f"{len(drift.ignored)} ignored"] if drift.ignored else []
    parts += [_count(len(drift.expired), "expired ignore")] if drift.expired else []
    hosts = f" {len(drift.unknown)} of {drift.hosts} hosts unknown." if drift.unknown else ""
    alone = "" if drift.project is not None else " No fleet was compared."
    return f"Drift: {', '.join(parts)}.{hosts}{alone}"


def drift_document(drift: Drift) -> dict[str, Any]:
    """Return the same as JSON values; what is ignored is in it too, with the ignore that covers it."""
    maybe = sum(finding.what is What.MAYBE for finding in drift.counted(Group.UNKNOWN))
    return {
        "format": FORMAT,
        "project": drift.project,
        "differs": drift.differs,
        "counts": {
            **{group.value: len(drift.counted(group)) for group in (Group.HOST, Group.FLEET, Group.PENDING)},
            "unknown": maybe,
            "ignored": len(drift.ignored),
            "hosts": drift.hosts,
            "hosts_unknown": len(drift.unknown),
        },
        "findings": [_finding(finding) for finding in drift.findings],
        "expired": [_ignore(one) for one in drift.expired],
        "unknown": dict(drift.unknown),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "group": finding.group.value,
        "what": finding.what.value,
        "project": finding.project,
        "name": finding.name,
        "host": finding.host,
        "uuid": finding.uuid,
        "path": finding.path,
        "before": finding.before,
        "after": finding.after,
        "reason": finding.reason,
        "ignored": _ignore(finding.ignored) if finding.ignored is not None else None,
    }


def _ignore(ignore: Ignore) -> dict[str, Any]:
    return {"path": ignore.path, "instance": ignore.instance, "reason": ignore.reason, "until": ignore.until}


def _rows(drift: Drift, found: tuple[Finding, ...], style: str, colour: bool) -> list[str]:
    rows = [(_name(drift, finding), clean(finding.host or ""), _what(finding), finding) for finding in found]
    names = max(12, *(len(name) for name, *_ in rows))
    hosts = max(8, *(len(host) for _, host, *_ in rows))
    lines = []
    for name, host, what, finding in rows:
        symbol = _paint(_SYMBOLS.get(finding.what, "!"), style, colour)
        lines.append(f"  {symbol} {_escape(f'{name:<{names}}  {host:<{hosts}}  {what}'.rstrip(), colour)}")
    return lines


def _name(drift: Drift, finding: Finding) -> str:
    """Return the name; with its project where more than one may be shown."""
    owner = f"{finding.project}." if drift.project is None and finding.project else ""
    return clean(owner + finding.name)


def _what(finding: Finding) -> str:
    said = _SAID.get(finding.what) or _difference(finding)
    reason = f": {clean(finding.reason)}" if finding.reason else ""
    return f"{said}{reason}{_why_ignored(finding.ignored)}"


def _why_ignored(ignore: Ignore | None) -> str:
    if ignore is None:
        return ""
    until = f" until {ignore.until}" if ignore.until else ""
    return f"; ignored{until}: {clean(ignore.reason)}"


def _difference(finding: Finding) -> str:
    path = clean(finding.path or "")
    before, after = _value(finding.before), _value(finding.after)
    if finding.group is Group.HOST:
        return f"{path} is {after}, applied was {before}"
    if finding.group is Group.PENDING:
        return f"{path} runs with {before}, defined is {after}"
    return f"{path} {before} -> {after}"


def _value(value: Any) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = clean(text)
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."


def _ignore_text(ignore: Ignore) -> str:
    until = f" until {ignore.until}" if ignore.until else ""
    return clean(f"{ignore.path} of {ignore.instance}{until}: {ignore.reason}")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _paint(text: str, style: str, colour: bool) -> str:
    return f"[{style}]{_escape(text, colour)}[/{style}]" if colour else text


def _escape(text: str, colour: bool) -> str:
    if not colour:
        return text
    from rich.markup import escape

    return escape(text)
