# SPDX-License-Identifier: GPL-3.0-or-later
"""Ignore: differences on hosts that a fleet leaves as they are, with a reason and (better) an end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.problem import Where

ANYTHING = "*"
# The first words of all paths that can differ (module_utils/domain_read.py, drift; diff/power.py).
ROOTS = ("cdrom", "disks", "domain", "flavor", "hardware", "ports", "power")


@attrs.frozen(slots=True)
class Ignore:
    """``path`` and ``instance`` are patterns: ``*`` stands for any text, dots too, ``?`` for one character."""

    path: str
    reason: str
    instance: str = ANYTHING
    until: str | None = None  # the last day on which it holds, 2026-12-31
    where: Where | None = attrs.field(default=None, eq=False)

    def covers(self, name: str, path: str) -> bool:
        """Tell whether it is about this path of the instance of this name."""
        return self.is_about(name) and _fits(self.path, path)

    def is_about(self, name: str) -> bool:
        """Tell whether it is about an instance of this name."""
        return _fits(self.instance, name)

    def has_expired(self, today: str) -> bool:
        """Tell whether its last day is over; days are compared as text."""
        return self.until is not None and self.until < today


def find_ignore(ignores: Iterable[Ignore], name: str, path: str) -> Ignore | None:
    """Return the first that covers a path of an instance."""
    return next((ignore for ignore in ignores if ignore.covers(name, path)), None)


def split_ignores(ignores: Iterable[Ignore], today: str) -> tuple[tuple[Ignore, ...], tuple[Ignore, ...]]:
    """Return (those that hold today, those that have expired)."""
    every = tuple(ignores)
    expired = tuple(ignore for ignore in every if ignore.has_expired(today))
    return tuple(ignore for ignore in every if ignore not in expired), expired


def could_match(pattern: str) -> bool:
    """Tell whether a pattern of paths can match any: its first word is one that paths begin with."""
    word = re.split(r"[.*?]", pattern, maxsplit=1)[0]
    is_whole = pattern[len(word) :][:1] in ("", ".")
    return any(root == word or (not is_whole and root.startswith(word)) for root in ROOTS)


def _fits(pattern: str, text: str) -> bool:
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None
