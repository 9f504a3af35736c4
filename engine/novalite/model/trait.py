# SPDX-License-Identifier: GPL-3.0-or-later
"""Traits: what a host can do, as words. Standard ones are those of os-traits, others start with ``CUSTOM_``."""

from __future__ import annotations

import re

_TRAIT = re.compile(r"[A-Z0-9_]{1,255}")

DISABLED = "COMPUTE_STATUS_DISABLED"  # of a host that takes nothing new


def is_trait(text: object) -> bool:
    """Tell whether a value has the form of a trait (and of a resource class)."""
    return isinstance(text, str) and _TRAIT.fullmatch(text) is not None


def trait_from_text(text: str) -> str:
    """Return a text in the alphabet of traits: upper case, every run of other characters one underscore."""
    return re.sub(r"[^A-Z0-9]+", "_", text.upper())
