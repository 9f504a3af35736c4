# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fleet ignores of the differences on hosts; what of it has expired is the command's to say. Pure."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from novalite.model.ignore import ANYTHING, ROOTS, Ignore, could_match
from novalite.spec import ids
from novalite.spec.suggest import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Collection

    from novalite.spec.context import Context
    from novalite.spec.sources import Path


def build_drift_ignores(context: Context, instances: Collection[str]) -> tuple[Ignore, ...]:
    """Return them in the order in which they are written; ``instances`` are the names that the fleet declares."""
    found = []
    for number, entry in enumerate(context.declared.value.get("drift_ignores") or ()):
        path = ("drift_ignores", number)
        before = len(context.problems)
        where = context.declared.where(path)
        ignore = Ignore(entry["path"], entry["reason"], entry.get("instance", ANYTHING), entry.get("until"), where)
        _check(context, ignore, entry, path)
        if not context.has_problem_since(before):
            _check_instance(context, ignore, instances, path)
            found.append(ignore)
    return tuple(found)


def _check(context: Context, ignore: Ignore, entry: dict[str, Any], path: Path) -> None:
    if not could_match(ignore.path):
        near = did_you_mean(ignore.path.partition(".")[0], ROOTS)
        summary = f'no path of a difference begins like "{shown(ignore.path)}"{near}'
        context.add(ids.BAD_PATTERN, summary, (*path, "path"), help=f"paths begin with {', '.join(ROOTS)}")
    if not ignore.reason.strip():
        context.add(ids.NOT_ALLOWED, "an empty text", (*path, "reason"))
    if "until" in entry and not _is_day(entry["until"]):
        context.add(ids.BAD_DAY, f'"{shown(entry["until"])}" is not a day', (*path, "until"), help="write 2026-12-31")


def _check_instance(context: Context, ignore: Ignore, instances: Collection[str], path: Path) -> None:
    """Warn where it is about nobody: it may be meant for an instance that is no longer declared."""
    if ignore.instance != ANYTHING and not any(ignore.is_about(name) for name in instances):
        summary = f'no instance of this fleet is called "{shown(ignore.instance)}"'
        context.add(ids.IGNORES_NOBODY, summary, (*path, "instance"), severity="warning")


def _is_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
