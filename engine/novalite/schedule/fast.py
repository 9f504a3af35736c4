# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy ``fast``: the same choices as weighing from nothing with absolute weights (absolute.py), by heaps.

An absolute weight is a matter of one host: booking lowers it there and changes it nowhere else. So the hosts that pass
what booking cannot change wait in a heap, best first; an entry whose host was booked since is put where it belongs when
it comes up. What heaps cannot answer (soft groups, topologies, devices, ...) is weighed from nothing (batch.py).
Bookings are written to the table together, before anybody else reads it.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush, heapreplace
from typing import TYPE_CHECKING

import attrs
import numpy as np

from novalite.model.placement import Placement, Unplaced
from novalite.model.server_group import ANTI_AFFINITY
from novalite.schedule import weighers
from novalite.schedule.absolute import WEIGHERS, Entry, Scores
from novalite.schedule.batch import Batch
from novalite.schedule.crowd import Crowd
from novalite.schedule.reason import crowd_reason
from novalite.schedule.refusal import unplaced

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.schedule.request import Request, Shape
    from novalite.schedule.table import HostTable, Integers

_MANY = 32  # so many hosts without room at the top of a heap, and those who need as much get a heap without them


@attrs.define(slots=True)
class Room:
    """What is left on each host: of a resource class, or of all that may only be so many, as each guest takes one."""

    name: str
    limits: tuple[tuple[str, Integers], ...]  # (counter of the table, the most)
    left: list[int] = attrs.field(factory=list)

    def read(self, table: HostTable) -> None:
        """Read it from the table, in place."""
        free = [limit - getattr(table, counter) for counter, limit in self.limits]
        self.left[:] = (np.minimum.reduce(free) if free else table.resource(self.name).free).tolist()


@attrs.define(slots=True)
class Lane:
    """One shape: the heap of the hosts that pass what booking cannot change, and what is taken of each kind of room."""

    heap: list[Entry]
    rooms: list[tuple[list[int], int]]
    size: int
    reason: str
    takes: tuple[int, int]  # of what is weighed
    own: bool = False  # nobody who needs less looks at this heap: a host without room is dropped for good


class FastBatch:
    """Places one request after the other. Nobody else may book on the table between two calls."""

    def __init__(self, table: HostTable) -> None:
        self.table = table
        self._batch = Batch(table, use_views=False)
        self._rooms: dict[tuple[object, ...], Room] = {}
        self._lanes: dict[tuple[int, bool], tuple[Shape, Lane | None]] = {}
        self._heaps: dict[bytes, list[Entry]] = {}
        self._crowds: dict[str, tuple[Crowd, dict[int, int]]] = {}
        self._booked: list[tuple[Request, int]] = []
        self._factors = {
            each.NAME: weighers.multiplier(table, each)
            for each in weighers.ALL
            if each.NAME in WEIGHERS and each in weighers.counting(table)
        }
        # A heap holds as long as weights only fall.
        self._falls = all(bool((factor >= 0).all()) for factor in self._factors.values())
        self._scores = Scores(table, self._factors)
        self._entries, self._last = self._scores.entries, (1 << self._scores.width) - 1

    def place_all(self, requests: Iterable[Request]) -> list[Placement | Unplaced]:
        """Choose a host for each, one after the other, and book it."""
        found: list[Placement | Unplaced] = []
        names, book, of = self.table.names, self._scores.book, self._scores.of
        shape, lane = None, None
        for request in requests:
            group = request.group
            if group is not None or request.shape is not shape:
                lane, shape = self._lane(request), request.shape
            if lane is None:
                found.append(self._from_nothing(request))
                shape = None
                continue
            crowd, counts = _NO_CROWD if group is None else self._crowd(request)
            row = self._best(lane, counts, 0 if crowd is None else crowd.limit)
            if row < 0:
                self.flush()
                found.append(unplaced(self.table, request))
                continue
            for left, amount in lane.rooms:
                left[row] -= amount
            reason = lane.reason
            if crowd is not None:
                if crowd.rows:
                    reason = crowd_reason(self.table, crowd)
                count = counts[row] = counts.get(row, 0) + 1
                if count == crowd.limit:
                    crowd.fill(row)
            found.append(Placement(request.name, names[row], reason, of[row], None, lane.size))
            book(row, lane.takes)
            self._booked.append((request, row))
        self.flush()
        return found

    def flush(self) -> None:
        """Write to the table what was booked."""
        if self._booked:
            self.table.book_all(self._booked)
            self._booked = []

    # ---- choosing ---------------------------------------------------------------------------------------------------

    def _best(self, lane: Lane, counts: dict[int, int], limit: int) -> int:
        """Return the best host with room that the group has not filled; -1 where there is none."""
        heap, rooms, entries, last = lane.heap, lane.rooms, self._entries, self._last
        full: list[Entry] = []
        short: list[Entry] = []
        found = -1
        while heap:
            entry = heap[0]
            row = entry & last
            if entry is not entries[row]:
                heapreplace(heap, entries[row])
                continue
            for left, amount in rooms:
                if left[row] < amount:
                    short.append(heappop(heap))
                    break
            else:
                if not limit or counts.get(row, 0) < limit:
                    found = row
                    break
                full.append(heappop(heap))
        for entry in full:
            heappush(heap, entry)
        if short and not lane.own:
            if len(short) > _MANY:
                lane.heap, lane.own = list(heap), True
            for entry in short:
                heappush(heap, entry)
        return found

    def _crowd(self, request: Request) -> tuple[Crowd | None, dict[int, int]]:
        """Return what is known of a hard anti-affinity group; nothing for other requests."""
        group = request.group
        if group is None or group.policy != ANTI_AFFINITY:
            return _NO_CROWD
        known = self._crowds.get(group.name)
        if known is None:
            known = self._crowds[group.name] = (Crowd(self.table, request), dict(self.table.members_of(request)))
        return known

    def _from_nothing(self, request: Request) -> Placement | Unplaced:
        self.flush()
        found = self._batch.place(request)
        if isinstance(found, Placement):
            self._scores.read(self.table.rows[found.host], self.table)
            for room in self._rooms.values():
                room.read(self.table)
            if request.group is not None:
                self._crowds.pop(request.group.name, None)
        return found

    # ---- what is known ----------------------------------------------------------------------------------------------

    def _lane(self, request: Request) -> Lane | None:
        group = request.group
        key = (id(request.shape), group is None or group.policy == ANTI_AFFINITY)
        known = self._lanes.get(key)
        if known is None or known[0] is not request.shape:
            known = self._lanes[key] = (request.shape, self._new_lane(request))
        return known[1]

    def _new_lane(self, request: Request) -> Lane | None:
        recipe = self._batch.recipe(request)
        if not self._falls or not recipe.by_room or any(each.NAME not in WEIGHERS for each in recipe.weighers):
            return None
        key = recipe.mask.tobytes()
        heap = self._heaps.get(key)
        if heap is None:
            heap = self._heaps[key] = [self._scores.entries[row] for row in np.flatnonzero(recipe.mask).tolist()]
            heapify(heap)
        rooms = [(self._room(name), amount) for name, amount in request.shape.resources]
        if recipe.limits:
            rooms.append((self._room("", *recipe.limits), 1))
        size = len(heap)
        reason = f"most free RAM and CPU of {size} hosts, those with room"
        return Lane(heap, rooms, size, reason, Scores.takes(request.shape))

    def _room(self, name: str, *limits: tuple[str, Integers]) -> list[int]:
        key = (name, *[id(limit) for _, limit in limits])
        room = self._rooms.get(key)
        if room is None:
            room = self._rooms[key] = Room(name, limits)
            room.read(self.table)
        return room.left


_NO_CROWD: tuple[Crowd | None, dict[int, int]] = (None, {})
