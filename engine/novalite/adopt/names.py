# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that somebody else chose -> names of the language. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

_LENGTH = 63


def legal_name(text: str, fallback: str = "vm") -> str:
    """Return a name near to a text: "Old_DB" becomes "old-db", "1st.shop" becomes "vm-1st-shop"."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if not plain[:1].isalpha():
        plain = f"{fallback}-{plain}".rstrip("-")
    return plain[:_LENGTH].rstrip("-")


def free_name(wish: str, taken: Container[str]) -> str:
    """Return the name, or the first of "name-2", "name-3", ... that nobody has."""
    name, number = wish, 1
    while name in taken:
        number += 1
        ending = f"-{number}"
        name = wish[: _LENGTH - len(ending)].rstrip("-") + ending
    return name
