# SPDX-License-Identifier: GPL-3.0-or-later
"""A placement's reason in a few words: what narrowed the choice most, else what made the winner best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.schedule.crowd import NAMED
from novalite.schedule.filters import affinity, anti_affinity

if TYPE_CHECKING:
    from novalite.schedule.crowd import Crowd
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable


@attrs.define(slots=True)
class Choice:
    """The row that won, before it is booked."""

    row: int
    considered: int
    weight: float = 0.0
    runner_up: int | None = None
    runner_up_weight: float = 0.0
    best_at: tuple[str, ...] = ()  # words of the weighers by which no host is better
    crowd: Crowd | None = None  # hosts that its anti-affinity group has filled, where that is known already


def short_reason(table: HostTable, request: Request, choice: Choice) -> str:
    """Return the reason as the plan shows it."""
    if request.shape.host is not None:
        return f"pinned to {request.shape.host}"
    if choice.crowd is not None:
        return crowd_reason(table, choice.crowd)
    if anti_affinity.applies(table, request) and (kept_off := anti_affinity.full_rows(table, request)):
        return f"anti-affinity keeps it off {_hosts(table, kept_off)}"
    if affinity.applies(table, request) and (drawn := list(table.members_of(request))):
        return f"affinity keeps it on {_hosts(table, drawn)}"
    if choice.considered == 1:
        return "the only host" if len(table) == 1 else f"the only one of {len(table)} hosts that fits"
    if choice.weight == choice.runner_up_weight:
        return f"the first by name of the best of {choice.considered} hosts"
    if choice.best_at:
        return f"most {_words(choice.best_at)} of {choice.considered} hosts"
    return f"the best sum of weights of {choice.considered} hosts"


def crowd_reason(table: HostTable, crowd: Crowd) -> str:
    """Return the reason of an instance whose group has filled hosts."""
    return f"anti-affinity keeps it off {_named(table, crowd.first, len(crowd.rows))}"


def _hosts(table: HostTable, rows: list[int]) -> str:
    return _named(table, sorted(rows)[:NAMED], len(rows))


def _named(table: HostTable, first: list[int], count: int) -> str:
    names = ", ".join([table.names[row] for row in first])
    return names if count <= NAMED else f"{names} and {count - NAMED} more"


def _words(best_at: tuple[str, ...]) -> str:
    """Join "free RAM" and "free CPU" to "free RAM, CPU"."""
    free = [word.removeprefix("free ") for word in best_at if word.startswith("free ")]
    rest = [word for word in best_at if not word.startswith("free ")]
    return ", ".join((["free " + ", ".join(free)] if free else []) + rest)
