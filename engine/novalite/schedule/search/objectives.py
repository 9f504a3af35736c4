# SPDX-License-Identifier: GPL-3.0-or-later
"""What a good assignment is. An objective gives a tuple of whole numbers for what is placed so far; lower is better.

Every objective but ``Survives`` only grows as items are added, so that what is placed so far is a bound of what may
come of it: exact search relies on that. Values are whole numbers (millionths where shares are meant), so that no sum
depends on its order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

from novalite.schedule.search.problem import NOWHERE, Problem, Where
from novalite.schedule.search.trackers import Fill, HostNumber, Hosts, MoveCount, Soft, Together

if TYPE_CHECKING:
    from novalite.schedule.search.trackers import Tracker, Value


class Objective(Protocol):
    """What every objective offers."""

    @property
    def name(self) -> str:
        """Return its name."""

    @property
    def grows(self) -> bool:
        """Tell whether adding an item never lowers the value."""

    @property
    def units(self) -> tuple[float, ...]:
        """Return what one of each of its numbers is worth, where they are added up to one."""

    def tracker(self, problem: Problem) -> Tracker:
        """Return a tracker of an assignment with nothing placed."""


def value_of(objective: Objective, problem: Problem, where: Where) -> Value:
    """Return (items without a host, the objective's value...): what assignments are compared by."""
    tracker = tracked(objective, problem, where)
    return (where.count(NOWHERE), *tracker.value())


def tracked(objective: Objective, problem: Problem, where: Where) -> Tracker:
    """Return a tracker that knows an assignment."""
    tracker = objective.tracker(problem)
    for item, row in enumerate(where):
        if row != NOWHERE:
            tracker.add(item, row)
    return tracker


@attrs.frozen(slots=True)
class FewestHosts:
    """(hosts in use, the share of all room that they have): hosts that hold anything, new or old."""

    name: str = "fewest hosts"
    grows: bool = True
    units: tuple[float, ...] = (1.0, 0.0)

    def tracker(self, problem: Problem) -> Tracker:
        """Return hosts in use."""
        return Hosts(problem)


@attrs.frozen(slots=True)
class HostCount:
    """(hosts in use)."""

    name: str = "hosts in use"
    grows: bool = True
    units: tuple[float, ...] = (1.0,)

    def tracker(self, problem: Problem) -> Tracker:
        """Return hosts in use."""
        return HostNumber(problem)


@attrs.frozen(slots=True)
class Even:
    """(the fullest column of any host, the sum of squares of all fills): spread, of hosts of all sizes."""

    name: str = "spread"
    grows: bool = True
    units: tuple[float, ...] = (1e-6, 1e-6)

    def tracker(self, problem: Problem) -> Tracker:
        """Return fills."""
        return Fill(problem)


@attrs.frozen(slots=True)
class SoftGroups:
    """(pairs of members of soft groups that are not as they had rather be)."""

    name: str = "soft groups"
    grows: bool = True
    units: tuple[float, ...] = (1.0,)

    def tracker(self, problem: Problem) -> Tracker:
        """Return pairs."""
        return Soft(problem)


@attrs.frozen(slots=True)
class FewestMoves:
    """(moves, MiB to copy) away from where items live; new items cost nothing."""

    name: str = "fewest moves"
    grows: bool = True
    units: tuple[float, ...] = (1.0, 0.0)

    def tracker(self, problem: Problem) -> Tracker:
        """Return moves."""
        return MoveCount(problem.current, problem.cost)


@attrs.frozen(slots=True)
class Chain:
    """Several objectives, the first one first."""

    parts: tuple[Objective, ...]

    @property
    def name(self) -> str:
        """Return all names."""
        return ", then ".join(part.name for part in self.parts)

    @property
    def grows(self) -> bool:
        """Tell whether all parts only grow."""
        return all(part.grows for part in self.parts)

    @property
    def units(self) -> tuple[float, ...]:
        """Return those of all parts."""
        return tuple(unit for part in self.parts for unit in part.units)

    def tracker(self, problem: Problem) -> Tracker:
        """Return all parts."""
        return Together([part.tracker(problem) for part in self.parts])
