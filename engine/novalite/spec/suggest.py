# SPDX-License-Identifier: GPL-3.0-or-later
"""Did you mean: the nearest of the words that would have been right. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean "x"?)``, or nothing where no word is near."""
    import difflib

    near = difflib.get_close_matches(word[:100].lower(), sorted(known), n=1, cutoff=0.6)
    return f' (did you mean "{near[0]}"?)' if near else ""


def surely_means(word: str, known: Iterable[str]) -> str:
    """Return as ``did_you_mean`` only what is so near that nothing else can be meant."""
    import difflib

    near = difflib.get_close_matches(word[:100].lower(), sorted(known), n=1, cutoff=0.8)
    return f' (did you mean "{near[0]}"?)' if near else ""


def shown(value: object) -> str:
    """Return a value as a message shows it: short, on one line, and with nothing that a terminal would obey."""
    text = value if isinstance(value, str) else str(value)
    return escaped(text[:64]) + ("..." if len(text) > 64 else "")


def escaped(text: str) -> str:
    """Return a text with everything escaped that cannot be seen."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
