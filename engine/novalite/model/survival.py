# SPDX-License-Identifier: GPL-3.0-or-later
"""Survival: what a fleet declares to outlive (Goal), and whether it would (Verdict)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST = "host"
ZONE = "zone"
ALL = "all"
PROTECTED = "protected"

PROVEN = "proven"
REFUTED = "refuted"
NOT_PROVEN = "not proven"
STATES = (REFUTED, NOT_PROVEN, PROVEN)  # the worst first


@attrs.frozen(slots=True)
class Goal:
    """After any ``lose`` failure domains are lost, what was on them finds a place on the rest, all at once.

    ``of``: host, zone, or a key of aggregate metadata whose values are the domains. ``groups`` names server groups;
    where there is none, ``instances`` says which: all, or those that are protected.
    """

    of: str
    lose: int = 1
    groups: tuple[str, ...] = ()
    instances: str = ALL

    @property
    def text(self) -> str:
        """Return it in words: "any one rack may be lost: groups db, web"."""
        count = {1: "one", 2: "two", 3: "three"}.get(self.lose, str(self.lose))
        if self.groups:
            whose = f"group{'' if len(self.groups) == 1 else 's'} {', '.join(self.groups)}"
        else:
            whose = "all instances" if self.instances == ALL else f"{self.instances} instances"
        return f"any {count} {self.of}{'' if self.lose == 1 else 's'} may be lost: {whose}"


@attrs.frozen(slots=True)
class CounterExample:
    """``lost`` domains, and the instances that then have no place together: without any one of them the rest has.

    ``is_smallest``: no smaller set of instances will do; otherwise only none of these can be left out.
    """

    lost: tuple[str, ...]
    instances: tuple[str, ...]
    reasons: Mapping[str, str] = attrs.field(
        factory=dict
    )  # instance -> counts of refusals, where it has no place alone
    is_smallest: bool = True


@attrs.frozen(slots=True)
class Verdict:
    """What was found for one goal. ``failures``: how many losses were tried; ``unsure``: those left undecided."""

    goal: Goal
    state: str  # proven, refuted or not proven
    failures: int
    domains: int
    instances: int
    counter: CounterExample | None = None
    unsure: tuple[tuple[str, ...], ...] = ()
    reason: str = ""  # why it is not proven
