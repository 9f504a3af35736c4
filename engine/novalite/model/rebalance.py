# SPDX-License-Identifier: GPL-3.0-or-later
"""Rebalance: moves of instances that exist, because they pay."""

from __future__ import annotations

from typing import Any

import attrs

FORMAT = "novalite.rebalance/1"


@attrs.frozen(slots=True)
class PayingMove:
    """One instance from one host to another; ``gain`` in shares of a host's fill, or hosts emptied."""

    name: str
    domain: str  # what libvirt calls it
    source: str
    target: str
    gain: float
    copied_mib: int


@attrs.frozen(slots=True)
class Fill:
    """How full hosts are, by their scarcest resource: shares of what may be allocated, 0 to 1."""

    fullest: str
    highest: float
    lowest: float
    in_use: int  # hosts with any instance


@attrs.frozen(slots=True)
class Rebalance:
    """``moves`` in an order in which each can be done; ``limited``: there may be more, the limit was reached."""

    policy: str
    moves: tuple[PayingMove, ...]
    before: Fill | None
    after: Fill | None
    hosts: int
    unknown: tuple[str, ...] = ()
    limited: bool = False

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"format": FORMAT, **attrs.asdict(self)}
