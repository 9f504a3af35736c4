# SPDX-License-Identifier: GPL-3.0-or-later
"""Relaxation: one thing to ask less of (or to give a host) so that one rule passes there; Advice: what suffices."""

from __future__ import annotations

from typing import Any

import attrs

# What each kind costs: the sum decides between sets of equally many. An amount costs the share that is given up (a
# quarter of the RAM less: 0.25), so that a small shortage is mended by size, and a large one by what is wished for.
COSTS: dict[str, float] = {
    "amount": 0.0,  # plus the share
    "group_limit": 0.3,
    "pin": 0.4,
    "zone": 0.5,
    "hint": 0.5,
    "host_limit": 0.6,
    "trait": 0.6,
    "extra_spec": 0.6,
    "image_property": 0.7,
    "aggregate": 0.7,
    "network": 0.8,
    "request_group": 0.9,
    "group": 0.9,
    "enable": 1.0,
}
# Kinds that change a host or what the fleet says of it; the others change what the instance asks.
OF_HOSTS = frozenset({"host_limit", "aggregate", "network", "enable"})


@attrs.frozen(slots=True)
class Relaxation:
    """``asked`` is what the rule wants now, ``fits`` what would pass (None: nothing at all of it)."""

    kind: str  # a key of COSTS
    rule: str  # NAME of the filter that would then pass
    subject: str  # resource class, trait, zone, group, ...; with a request group before it: _GPU:VGPU
    text: str  # "with 2048 MiB less RAM"; follows "would fit on kvm-3"
    asked: Any = None
    fits: Any = None
    share: float = 0.0  # of an amount: how much of it is given up, 0 to 1; of a wish: what goes with it

    @property
    def cost(self) -> float:
        """Return what it costs."""
        return COSTS[self.kind] + self.share


@attrs.frozen(slots=True)
class Advice:
    """The smallest set of relaxations that lets an instance fit: fewest first, then the cheapest, then by host."""

    host: str
    changes: tuple[Relaxation, ...]

    @property
    def cost(self) -> float:
        """Return the sum of the costs."""
        return sum(change.cost for change in self.changes)

    @property
    def text(self) -> str:
        """Return it in words: "would fit on kvm-3 with 2048 MiB less RAM"."""
        return f"would fit on {self.host} {' and '.join(change.text for change in self.changes)}"
