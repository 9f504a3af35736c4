# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of guests made harmless for a terminal: lines stay lines, escape codes become visible. Pure."""

from __future__ import annotations


def inert(text: str) -> str:
    """Return a guest's text without what could steer a terminal; a carriage return before the end of a line goes."""
    plain = text.replace("\r\n", "\n")
    return "".join(letter if letter in "\n\t" or letter.isprintable() else "\ufffd" for letter in plain)
