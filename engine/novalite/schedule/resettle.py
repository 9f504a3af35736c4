# SPDX-License-Identifier: GPL-3.0-or-later
"""Placing again, all at once, what lived on hosts that are lost: whether it is possible, whatever the weights.

First a packing: the largest first, each on the fullest host that takes it. Where that fails: proofs that it cannot be
(one instance that fits nowhere; more asked than there is), then all assignments, up to a number of tries. Every answer
is one of three: placed, impossible, or nobody knows.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs
import numpy as np

from novalite.model.natural import natural_key
from novalite.schedule import filters
from novalite.schedule.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from novalite.schedule.request import Shape
    from novalite.schedule.table import HostTable, Mask

TRIES = 5000  # hosts tried by the exhaustive search, before nobody knows

PLACED, IMPOSSIBLE, UNKNOWN = "placed", "impossible", "unknown"


@attrs.define(slots=True)
class Rest:
    """The hosts that are left of a table while some rows are lost (``lost``)."""

    table: HostTable
    alive: Mask
    _shapes: dict[Shape, Mask] = attrs.field(factory=dict)

    @classmethod
    def of(cls, table: HostTable) -> Rest:
        """Return the table with nothing lost."""
        return cls(table, np.ones(len(table), dtype=np.bool_))

    @contextmanager
    def lost(self, rows: Iterable[int], moving: Iterable[tuple[Request, int]] = ()) -> Iterator[None]:
        """Lose some rows for a while: nothing is placed there, and members that lived there are gone.

        ``moving``: who lived there and is placed again, with its row. What it took of its host is lost with it; what it
        took of storage that hosts share it takes again.
        """
        leaving = list(moving)
        gone = sorted(set(rows))
        self.alive[gone] = False
        members = self.table.members
        held = {group: {row: counts[row] for row in gone if row in counts} for group, counts in members.items()}
        held = {group: counts for group, counts in held.items() if counts}
        for group, counts in held.items():
            for row in counts:
                del members[group][row]
        for request, row in leaving:
            self.table.providers.leave_shared(request, row)
        try:
            yield
        finally:
            for request, row in leaving:
                self.table.providers.leave_shared(request, row, -1)
            for group, counts in held.items():
                members[group].update(counts)
            self.alive[gone] = True

    def passing(self, request: Request) -> Mask:
        """Return which of the hosts that are left take a request now."""
        found = self._shapes.get(request.shape)
        if found is None:
            found = np.ones(len(self.table), dtype=np.bool_)
            for rule in filters.applying(self.table, request, filters.BY_SHAPE):
                found &= rule.mask(self.table, request)
            self._shapes[request.shape] = found
        found = found & self.alive
        for rule in filters.applying(self.table, request, filters.BY_USAGE):
            found &= rule.mask(self.table, request)
        return found

    def resettle(self, requests: Sequence[Request], tries: int = TRIES) -> str:
        """Tell whether all of the requests find a place at once: PLACED, IMPOSSIBLE or UNKNOWN. All is given back."""
        ordered = sorted(requests, key=_largest_first)
        booked = self.pack(ordered)
        self.unpack(booked)
        if len(booked) == len(ordered):
            return PLACED
        possible = [self.passing(request) for request in ordered]
        sure = all(_is_plain(request) and not self.table.providers.concerns(request) for request in ordered)
        if all(not request.shape.hint("query") for request in ordered) and (
            not all(mask.any() for mask in possible) or self._asks_too_much(ordered, possible)
        ):
            return IMPOSSIBLE
        scarce = sorted(range(len(ordered)), key=lambda index: (int(possible[index].sum()), _kind(ordered[index])))
        found = _Search(self, [ordered[index] for index in scarce], tries).run()
        return found if found == PLACED or sure else UNKNOWN

    def pack(self, requests: Iterable[Request]) -> list[tuple[Request, int]]:
        """Book one request after the other on the fullest host that takes it, until one finds none."""
        booked: list[tuple[Request, int]] = []
        for request in requests:
            rows = np.flatnonzero(self.passing(request))
            if not rows.size:
                break
            row = int(rows[int(self._room(request)[rows].argmin())])
            self.table.book(request, row)
            booked.append((request, row))
        return booked

    def unpack(self, booked: list[tuple[Request, int]]) -> None:
        """Give back what was packed."""
        for request, row in reversed(booked):
            self.table.unbook(request, row)

    def _room(self, request: Request) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return how many more of this request each host would take, by the scarcest resource."""
        room = np.full(len(self.table), np.inf, dtype=np.float64)
        for name, amount in request.shape.resources:
            room = np.minimum(room, self.table.resource(name).free / amount)
        return room

    def _asks_too_much(self, requests: Sequence[Request], possible: Sequence[Mask]) -> bool:
        """Tell whether the requests ask more than there is on the hosts that any of them may use.

        Counted are the amounts, and for those that are alike the whole ones that fit on each host.
        """
        anywhere = np.logical_or.reduce(possible)
        alike: dict[Shape, int] = {}
        for request in requests:
            alike[request.shape] = alike.get(request.shape, 0) + 1
        for shape, count in alike.items():
            whole = np.floor(self._room(Request("", shape))[anywhere])
            if shape.resources and count > float(np.maximum(whole, 0).sum()):
                return True
        names = {name for request in requests for name, _ in request.shape.resources}
        for name in sorted(names):
            asked = sum(request.shape.amounts.get(name, 0) for request in requests)
            free = np.maximum(self.table.resource(name).free, 0)
            if asked > int(free[anywhere].sum()):
                return True
        return False


def _is_plain(request: Request) -> bool:
    """Tell whether the order of booking does not matter: the scheduler does not choose parts of a host for it, and it
    does not ask for a full one (JsonFilter).
    """
    shape = request.shape
    return not (shape.topology or shape.pci or shape.groups or shape.hint("query"))


def _largest_first(request: Request) -> tuple[object, ...]:
    amounts = request.shape.amounts
    return (-amounts.get("MEMORY_MB", 0), -amounts.get("VCPU", 0), _kind(request), natural_key(request.name))


def _kind(request: Request) -> tuple[str, str]:
    return (request.group.name if request.group else "", repr(request.shape.resources))


def alike(one: Request, other: Request) -> bool:
    """Tell whether two requests may change places."""
    return one.shape == other.shape and one.group == other.group


@attrs.define(slots=True)
class _Search:
    """All assignments, one request after the other; of requests that are alike, the later goes no further up."""

    rest: Rest
    requests: list[Request]
    tries: int

    def run(self) -> str:
        found = self._from(0, 0)
        return PLACED if found else UNKNOWN if self.tries <= 0 else IMPOSSIBLE

    def _from(self, index: int, least: int) -> bool:
        if index == len(self.requests):
            return True
        request = self.requests[index]
        table = self.rest.table
        for row in np.flatnonzero(self.rest.passing(request)).tolist():
            if row < least:
                continue
            self.tries -= 1
            if self.tries <= 0:
                return False
            table.book(request, row)
            follows = index + 1 < len(self.requests) and alike(request, self.requests[index + 1])
            found = self._from(index + 1, row if follows else 0)
            table.unbook(request, row)
            if found:
                return True
        return False
