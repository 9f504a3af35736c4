# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters that have no business in a fleet: they break XML, terminals, logs, or a review. Pure."""

from __future__ import annotations

import re

# C0 but tab, newline, return; delete; C1; line separators; surrogates; noncharacters; and the direction overrides
# that make source read otherwise than it runs (CVE-2021-42574).
_BAD = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


def find_bad_character(text: str) -> str | None:
    """Return the name of the first bad character of a text, such as ``character U+0000``; None where all are good."""
    found = _BAD.search(text)
    return f"character U+{ord(found.group()):04X}" if found else None


def place_of_bad_character(text: str) -> tuple[int, int] | None:
    """Return the 1-based line and column of the first bad character of a text."""
    found = _BAD.search(text)
    if found is None:
        return None
    start = found.start()
    return text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
