# SPDX-License-Identifier: GPL-3.0-or-later
"""Placement: which host, or why none. Both are results, neither is an exception."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs


@attrs.frozen(slots=True)
class Placement:
    """The host chosen for one instance, and in a few words why."""

    name: str
    host: str
    reason: str = ""
    weight: float = 0.0
    runner_up: str | None = None
    considered: int = 0  # hosts that passed every filter
    refused: Mapping[str, int] = attrs.field(factory=dict)  # filter -> hosts it refused first


@attrs.frozen(slots=True)
class Unplaced:
    """NoValidHost, with the count of hosts each filter refused first and one example of numbers for each."""

    name: str
    refused: Mapping[str, int]
    examples: Mapping[str, str] = attrs.field(factory=dict)
    details: Mapping[str, Any] = attrs.field(factory=dict)
