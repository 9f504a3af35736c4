# SPDX-License-Identifier: GPL-3.0-or-later
"""A mapping -> the text of a cloud-config: the same bytes for the same meaning, whatever the order of keys. Pure.

Guests read it with PyYAML (YAML 1.1), where ``no`` and ``12:30`` are not texts: so every text that is not plainly one
is quoted, as JSON, which is YAML too.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.-]*")
_NOT_TEXT = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"))


def cloud_config(value: dict[str, Any]) -> bytes:
    """Return ``#cloud-config`` and the mapping as block YAML, keys sorted."""
    return ("#cloud-config\n" + "\n".join(_block(value, "")) + "\n").encode("utf-8")


def _block(value: Any, indent: str) -> Iterator[str]:
    """Yield the lines of a mapping or list that is not empty; anything else is one line."""
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from _entry(f"{indent}{_scalar(key)}:", value[key], indent + "  ")
    elif isinstance(value, list) and value:
        for item in value:
            yield from _entry(f"{indent}-", item, indent + "  ")
    else:
        yield indent + _scalar(value)


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, (dict, list)) and value:
        yield head
        yield from _block(value, indent)
    else:
        yield f"{head} {_scalar(value)}"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
            return value
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        text = repr(value)
        # YAML 1.1 sees a number only with a point: 1e+22 would be a text.
        return text if "." in text or "e" not in text else text.replace("e", ".0e")
    return json.dumps(value)
