# SPDX-License-Identifier: GPL-3.0-or-later
"""Placement: which host, or why none. Both are results, neither is an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.claim import Claim
    from novalite.model.relaxation import Advice


class Placement(NamedTuple):
    """The host chosen for one instance, and in a few words why. (A tuple: they are made by the hundred thousand.)"""

    name: str
    host: str
    reason: str = ""
    weight: float = 0.0
    runner_up: str | None = None
    considered: int = 0  # hosts that passed every filter
    claim: Claim | None = None  # which CPUs, cells, pages and devices of the host; None: nothing in particular


@attrs.frozen(slots=True)
class Unplaced:
    """NoValidHost: how many hosts each filter refused first, and one host's numbers as an example for each filter."""

    name: str
    refused: Mapping[str, int]
    examples: Mapping[str, str] = attrs.field(factory=dict)
    advice: Advice | None = None  # the smallest change by which it would fit


@attrs.frozen(slots=True)
class BatchFigures:
    """What a search of the whole batch says of itself.

    ``value``: instances without a host, then the objective's numbers, the lower the better; ``bound``: what the first
    of these cannot go below; ``gap``: by how much of the bound it exceeds that (0.0: the best there is).
    """

    policy: str
    method: str
    value: tuple[int, ...] = ()
    bound: int | None = None
    gap: float | None = None
    proved: bool = False
    numbers: Mapping[str, int] = attrs.field(factory=dict)  # name of an objective -> its number


@attrs.frozen(slots=True)
class FilterVerdict:
    """What one filter says of one host; ``asked`` and ``available`` as JSON values, for the rules that compare two."""

    filter: str
    passed: bool
    why: str
    asked: Any = None
    available: Any = None


@attrs.frozen(slots=True)
class Addition:
    """What one pre-filter added to the request before any host was looked at."""

    prefilter: str
    why: str


@attrs.frozen(slots=True)
class WeigherVerdict:
    """What one weigher says of one host: ``product`` is multiplier x normalised, and products are summed."""

    weigher: str
    raw: float
    normalised: float
    multiplier: float
    product: float


@attrs.frozen(slots=True)
class HostVerdict:
    """One row of the matrix; hosts refused by any filter have no weights."""

    host: str
    filters: tuple[FilterVerdict, ...]
    weights: tuple[WeigherVerdict, ...] = ()
    total: float | None = None

    @property
    def first_refusal(self) -> FilterVerdict | None:
        """Return the first filter that refuses this host, if any does."""
        return next((verdict for verdict in self.filters if not verdict.passed), None)


@attrs.frozen(slots=True)
class Explanation:
    """Every host x every filter and weigher for one instance; ``rows`` in the order of host names."""

    name: str
    rows: tuple[HostVerdict, ...]
    winner: str | None
    runner_up: str | None = None
    margin: float | None = None  # by how much the winner's total exceeds the runner-up's
    refused: Mapping[str, int] = attrs.field(factory=dict)
    current: str | None = None  # where it lives already; the rest then tells where it would go if it were placed now
    added: tuple[Addition, ...] = ()  # by pre-filters, in their order
    advice: Advice | None = None  # where no host passes: the smallest change by which one would
    policy: str = "nova"
    chosen: str | None = None  # by a search over the whole batch, where that is not the best sum of weights
    left_out: int = 0  # hosts that are not among the rows: those neither chosen nor an example of a refusal

    def to_document(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        document = attrs.asdict(self)
        if self.advice is not None:
            document["advice"]["text"] = self.advice.text
        return document
