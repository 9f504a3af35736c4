# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts as arrays: one row a host, in the natural order of names, so that the first of equals is the first by name.

Only hosts that answered are in it: an unknown host never gets anything. Booking a placement changes ``used``, ``free``
and the groups' members, and nothing else.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from novalite.model.natural import natural_key
from novalite.model.resource import Inventory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from novalite.model.aggregate import Aggregate
    from novalite.model.observed import ObservedHost
    from novalite.schedule.request import Request

Mask = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

_NOTHING = Inventory(total=0, max_unit=0)


class Resource:
    """One resource class over all hosts. A host without an inventory of it has a total of zero."""

    def __init__(self, inventories: list[Inventory], used: list[int]) -> None:
        def column(read: Callable[[Inventory], int]) -> Integers:
            return np.array([read(inventory) for inventory in inventories], dtype=np.int64)

        self.total = column(lambda inventory: inventory.total)
        self.reserved = column(lambda inventory: inventory.reserved)
        self.min_unit = column(lambda inventory: inventory.min_unit)
        self.max_unit = column(lambda inventory: inventory.max_unit)
        self.step_size = column(lambda inventory: inventory.step_size)
        self.ratio: Reals = np.array([inventory.allocation_ratio for inventory in inventories], dtype=np.float64)
        # used + amount <= capacity over whole numbers is used + amount <= floor(capacity): exact, and quicker.
        self.capacity = column(lambda inventory: math.floor(inventory.capacity))
        self.used: Integers = np.array(used, dtype=np.int64)
        self.free = self.capacity - self.used
        self.unreserved: Reals = (self.total - self.reserved).astype(np.float64)

    def book(self, row: int, amount: int) -> None:
        """Take an amount on one host (a negative one gives it back)."""
        self.used[row] += amount
        self.free[row] -= amount


class HostTable:
    """All hosts that may be chosen from, and what is booked on them so far."""

    def __init__(
        self,
        hosts: Iterable[ObservedHost],
        *,
        zones: Mapping[str, str] | None = None,
        aggregates: Iterable[Aggregate] = (),
        members: Mapping[str, Mapping[str, int]] | None = None,
    ) -> None:
        """Make the table; ``zones`` go before the hosts' own, ``members`` is group -> host -> instances there."""
        self.hosts = sorted(hosts, key=lambda host: natural_key(host.name))
        self.names = [host.name for host in self.hosts]
        self.rows = {name: row for row, name in enumerate(self.names)}
        self.zones = [(zones or {}).get(host.name, host.zone) for host in self.hosts]
        self.enabled: Mask = np.array([host.enabled for host in self.hosts], dtype=np.bool_)
        self.aggregates = tuple(aggregates)
        self.members: dict[str, dict[int, int]] = {}
        for group, counts in (members or {}).items():
            self.members[group] = {self.rows[host]: count for host, count in counts.items() if host in self.rows}
        self._resources: dict[str, Resource] = {}
        self._masks: dict[tuple[str, str], Mask] = {}

    def __len__(self) -> int:
        return len(self.names)

    def resource(self, name: str) -> Resource:
        """Return one resource class over all hosts."""
        found = self._resources.get(name)
        if found is None:
            inventories = [host.inventories.get(name, _NOTHING) for host in self.hosts]
            found = self._resources[name] = Resource(inventories, [host.used.get(name, 0) for host in self.hosts])
        return found

    def mask(self, kind: str, key: str, holds: Callable[[ObservedHost], bool]) -> Mask:
        """Return which hosts something holds for; it is asked once for each kind and key."""
        found = self._masks.get((kind, key))
        if found is None:
            found = np.array([holds(host) for host in self.hosts], dtype=np.bool_)
            self._masks[kind, key] = found
        return found

    def members_of(self, request: Request) -> dict[int, int]:
        """Return how many members of the request's group each row holds; rows without any are left out."""
        return self.members.get(request.group.name, {}) if request.group is not None else {}

    def book(self, request: Request, row: int) -> None:
        """Take what the request asks on one host, and let its group know."""
        for name, amount in request.shape.resources:
            self.resource(name).book(row, amount)
        if request.group is not None:
            counts = self.members.setdefault(request.group.name, {})
            counts[row] = counts.get(row, 0) + 1

    def release(self, usage: Mapping[str, int], host: str) -> None:
        """Give back what an instance that is deleted first takes of its host."""
        if host in self.rows:
            for name, amount in usage.items():
                self.resource(name).book(self.rows[host], -amount)
