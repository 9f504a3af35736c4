# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ids of ignored differences mean (NV0115 to NV0124)."""

from __future__ import annotations

# id -> (title, explanation)
CATALOGUE: dict[str, tuple[str, str]] = {
    "NV0115": (
        "not a pattern",
        (
            "In drift_ignores, path is a pattern of what `novalite drift` shows, and instance one of the names of "
            "instances. * stands for any text, dots too, and ? for one character; all else stands for itself. "
            "A pattern of paths that begins like none of them would ignore nothing, so it is refused."
        ),
    ),
    "NV0116": (
        "not a day",
        (
            "until is the last day on which a difference is ignored, written 2026-12-31 and counted in UTC. The day "
            "after it counts again."
        ),
    ),
    "NV0117": (
        "ignores differences of nobody",
        "A warning: the fleet declares no instance whose name fits this pattern. Most likely it is misspelled.",
    ),
}
