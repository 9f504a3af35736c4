# SPDX-License-Identifier: GPL-3.0-or-later
"""The order people expect of names: web-2 before web-10."""

from __future__ import annotations

import re
from functools import lru_cache

_DIGITS = re.compile(r"([0-9]+)")


@lru_cache(maxsize=1 << 15)
def natural_key(name: str) -> tuple[str | int, ...]:
    """Return a sort key: runs of digits count as numbers; the name itself comes last, so that no two keys are equal."""
    parts: list[str | int] = list(_DIGITS.split(name))  # text, digits, text, ... and text at the end
    parts[1::2] = [int(digits) for digits in parts[1::2]]
    return (*parts, -1, name)
