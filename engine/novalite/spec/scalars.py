# SPDX-License-Identifier: GPL-3.0-or-later
"""What an unquoted YAML scalar means: the core schema of YAML 1.2, a little stricter. Pure.

``no``, ``on`` and an unquoted MAC are text, as in YAML 1.2. ``0644`` is text too: people mean different numbers by it.
Numbers that JSON cannot carry (``.inf``, more than 18 digits) are text: a schema refuses them
where it wants a number.
Source: https://yaml.org/spec/1.2.2/ section 10.3.2.
"""

from __future__ import annotations

import re

Scalar = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_NUMBER = re.compile(
    r"(?P<int>[-+]?(?:0|[1-9][0-9]{0,17}))|(?P<oct>0o[0-7]{1,18})|(?P<hex>0x[0-9a-fA-F]{1,15})"
    r"|(?P<float>[-+]?(?:(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{0,32})?|\.[0-9]{1,32})(?:[eE][-+]?[0-9]{1,2})?)"
)
_FIRST = frozenset("0123456789+-.")


def plain_value(text: str) -> Scalar:
    """Return what an unquoted scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _FIRST:
        return text
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text
    kind = match.lastgroup
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text)
    return int(text, 8 if kind == "oct" else 16)
