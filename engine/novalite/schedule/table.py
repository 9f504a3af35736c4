# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts as arrays: one row a host, in the natural order of names, so that the first of equals is the first by name.

Only hosts that answered are in it: an unknown host never gets anything. Booking a placement changes ``used``, ``free``
and the groups' members, and nothing else.
"""

from __future__ import annotations

import math
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from novalite.model.natural import natural_key
from novalite.model.resource import Inventory
from novalite.schedule.host import Host, host_from_observed
from novalite.schedule.options import DEFAULT, Options
from novalite.schedule.providers.answers import Answers
from novalite.schedule.providers.residents import settle
from novalite.schedule.providers.state import Providers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from novalite.model.aggregate import Aggregate
    from novalite.model.observed import ObservedHost
    from novalite.model.provider import SharingProvider
    from novalite.schedule.request import Request, Shape

Mask = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

Kept = TypeVar("Kept")

_NOTHING = Inventory(total=0, max_unit=0)
_WHOLE = attrgetter("total", "reserved", "min_unit", "max_unit", "step_size")


class Resource:
    """One resource class over all hosts. A host without an inventory of it has a total of zero."""

    def __init__(self, inventories: list[Inventory], used: list[int]) -> None:
        # Hosts of a kind share their inventories (observe/inventories.py): each is read once.
        ids = list(map(id, inventories))
        shared = dict(zip(ids, inventories, strict=True))
        kinds = list(shared.values())
        numbers = dict(zip(shared, range(len(kinds)), strict=True))
        kind_of = np.fromiter(map(numbers.__getitem__, ids), dtype=np.intp, count=len(ids))

        whole = np.array([_WHOLE(kind) for kind in kinds], dtype=np.int64).reshape(-1, 5)
        columns = (np.ascontiguousarray(column)[kind_of] for column in whole.T)
        self.total, self.reserved, self.min_unit, self.max_unit, self.step_size = columns
        self.ratio: Reals = np.array([kind.allocation_ratio for kind in kinds], dtype=np.float64)[kind_of]
        self.used: Integers = np.array(used, dtype=np.int64)
        self.unreserved: Reals = (self.total - self.reserved).astype(np.float64)
        # used + amount <= capacity over whole numbers is used + amount <= floor(capacity): exact, and quicker.
        self.capacity: Integers = np.floor(self.unreserved * self.ratio).astype(np.int64)
        self.free = self.capacity - self.used
        self._used_at, self._free_at = self.used.data, self.free.data  # quick for single numbers

    def book(self, row: int, amount: int) -> None:
        """Take an amount on one host (a negative one gives it back)."""
        self._used_at[row] += amount
        self._free_at[row] -= amount


class HostTable:
    """All hosts that may be chosen from, and what is booked on them so far."""

    def __init__(
        self,
        hosts: Iterable[Host | ObservedHost],
        *,
        options: Options = DEFAULT,
        zones: Mapping[str, str] | None = None,
        aggregates: Iterable[Aggregate] = (),
        members: Mapping[str, Mapping[str, int]] | None = None,
        sharing: Iterable[SharingProvider] = (),
    ) -> None:
        """Make the table; ``zones`` go before the hosts' own, ``members`` is group -> host -> instances there.

        ``sharing`` serves the hosts of its aggregates, and is counted once for all of them.
        """
        known = (host if isinstance(host, Host) else host_from_observed(host) for host in hosts)
        self.hosts: list[Host] = sorted(known, key=lambda host: natural_key(host.name))
        self.options = options
        self.names = [host.name for host in self.hosts]
        self.rows = {name: row for row, name in enumerate(self.names)}
        self.zones = [(zones or {}).get(host.name, host.zone) for host in self.hosts]
        self.enabled: Mask = np.array([host.enabled for host in self.hosts], dtype=np.bool_)
        self.aggregates = tuple(aggregates)
        self.members: dict[str, dict[int, int]] = {}
        self.members_elsewhere: dict[str, list[str]] = {}  # group -> hosts that are not in the table
        for group, counts in (members or {}).items():
            self.members[group] = {self.rows[host]: count for host, count in counts.items() if host in self.rows}
            self.members_elsewhere[group] = sorted(host for host in counts if host not in self.rows and counts[host])
        self.num_instances: Integers = np.array([host.num_instances for host in self.hosts], dtype=np.int64)
        self.io_ops: Integers = np.array([host.io_ops for host in self.hosts], dtype=np.int64)
        self._instances_at, self._io_ops_at = self.num_instances.data, self.io_ops.data
        self.newcomers: dict[int, list[Request]] = {}  # row -> what was booked there
        self.gone: set[str] = set()  # UUIDs of residents that were released
        self.memo: dict[object, Any] = {}  # what rules keep from one request to the next; nothing that booking changes
        self._resources: dict[str, Resource] = {}
        self._masks: dict[tuple[str, str], Mask] = {}
        self._multipliers: dict[str, Reals] = {}
        self._aggregates_of: list[tuple[Aggregate, ...]] | None = None
        self._kept: dict[str, Any] = {}
        self._watchers: list[Callable[[Request, int, int], None]] = []
        self.providers = Providers(self, sharing)
        settle(self.providers)
        self.answers = Answers(self.providers)

    def __len__(self) -> int:
        return len(self.names)

    def resource(self, name: str) -> Resource:
        """Return one resource class over all hosts."""
        found = self._resources.get(name)
        if found is None:
            inventories = [host.inventories.get(name, _NOTHING) for host in self.hosts]
            used = [host.used.get(name, 0) if host.used else 0 for host in self.hosts]
            found = self._resources[name] = Resource(inventories, used)
            self.providers.write_columns(name, found)
        return found

    def mask(self, kind: str, key: str, holds: Callable[[Host], bool]) -> Mask:
        """Return which hosts something holds for; it is asked once for each kind and key."""
        found = self._masks.get((kind, key))
        if found is None:
            found = np.array([holds(host) for host in self.hosts], dtype=np.bool_)
            self._masks[kind, key] = found
        return found

    def column(self, key: str, read: Callable[[Host], float]) -> Reals:
        """Return a number of each host that booking does not change; it is read once for each key."""
        return self.keep(key, lambda: np.array([read(host) for host in self.hosts], dtype=np.float64))

    def keep(self, key: str, make: Callable[[], Kept]) -> Kept:
        """Return what a rule keeps beside the table under its name, made when first asked for."""
        found: Kept | None = self._kept.get(key)
        if found is None:
            found = self._kept[key] = make()
        return found

    def watch(self, booked: Callable[[Request, int, int], None]) -> None:
        """Tell a rule of all that is booked: request, row, and 1, or -1 where it is given back.

        It is told at once of what is booked already.
        """
        for row, requests in self.newcomers.items():
            for request in requests:
                booked(request, row, 1)
        self._watchers.append(booked)

    def aggregates_of(self, row: int) -> tuple[Aggregate, ...]:
        """Return the aggregates that one host is in, in the order of the fleet."""
        if self._aggregates_of is None:
            found: list[list[Aggregate]] = [[] for _ in self.hosts]
            for aggregate in self.aggregates:
                for host in dict.fromkeys(aggregate.hosts):
                    if host in self.rows:
                        found[self.rows[host]].append(aggregate)
            self._aggregates_of = [tuple(held) for held in found]
        return self._aggregates_of[row]

    def metadata(self, row: int, key: str) -> set[str]:
        """Return the values that a host's aggregates give a key, each of which is a comma list.

        Source: nova/scheduler/filters/utils.py, aggregate_values_from_key.
        """
        said = [aggregate.metadata[key] for aggregate in self.aggregates_of(row) if key in aggregate.metadata]
        return {part.strip() for value in said for part in value.split(",")}

    def multiplier(self, option: str) -> Reals:
        """Return a weigher's multiplier on each host: the option's, or the smallest that its aggregates say.

        Source: nova/scheduler/utils.py, get_weight_multiplier. Other than there, a value that is no finite number (a
        comma list is none) is left out alone, where Nova leaves out all that a host's aggregates say of the key; and an
        aggregate may switch on ImagePropertiesWeigher where the option is 0.
        """
        found = self._multipliers.get(option)
        if found is None:
            found = np.full(len(self), self.options.multiplier(option), dtype=np.float64)
            said: dict[int, float] = {}
            for aggregate in self.aggregates:
                number = _number(aggregate.metadata.get(option, ""))
                if number is not None:
                    for row in [self.rows[host] for host in aggregate.hosts if host in self.rows]:
                        said[row] = min(said.get(row, number), number)
            for row, number in said.items():
                found[row] = number
            self._multipliers[option] = found
        return found

    def multiplies(self, option: str) -> bool:
        """Tell whether a weigher's multiplier is anything but 0 on any host."""
        return bool(self.multiplier(option).any())

    def members_of(self, request: Request) -> dict[int, int]:
        """Return how many members of the request's group each row holds; rows without any are left out."""
        return self.members.get(request.group.name, {}) if request.group is not None else {}

    def book(self, request: Request, row: int) -> None:
        """Take what the request asks on one host, and let its group know.

        Source: nova/scheduler/host_manager.py, HostState._locked_consume_from_request.
        """
        self._instances_at[row] += 1
        self._io_ops_at[row] += 1
        self.newcomers.setdefault(row, []).append(request)
        for booked in self._watchers:
            booked(request, row, 1)
        if self.providers.concerns(request):
            self.providers.book(request, row)
        else:
            resources = self._resources
            for name, amount in request.shape.resources:
                (resources.get(name) or self.resource(name)).book(row, amount)
        if request.group is not None:
            counts = self.members.setdefault(request.group.name, {})
            counts[row] = counts.get(row, 0) + 1

    def book_all(self, booked: Sequence[tuple[Request, int]]) -> None:
        """Book many requests at once; none of them may take anything of providers beside their hosts."""
        rows = np.array([row for _, row in booked], dtype=np.intp)
        np.add.at(self.num_instances, rows, 1)
        np.add.at(self.io_ops, rows, 1)
        numbers: dict[int, int] = {}  # by identity: requests of a batch share their shapes
        shapes: list[Shape] = []
        kinds: list[int] = []
        for request, row in booked:
            self.newcomers.setdefault(row, []).append(request)
            shape, group = request.shape, request.group
            number = numbers.get(id(shape))
            if number is None:
                number = numbers[id(shape)] = len(shapes)
                shapes.append(shape)
            kinds.append(number)
            if group is not None:
                counts = self.members.setdefault(group.name, {})
                counts[row] = counts.get(row, 0) + 1
        for watcher in self._watchers:
            for request, row in booked:
                watcher(request, row, 1)
        for name in sorted({name for shape in shapes for name, _ in shape.resources}):
            amounts = np.array([shape.amounts.get(name, 0) for shape in shapes], dtype=np.int64)[kinds]
            resource = self.resource(name)
            np.add.at(resource.used, rows, amounts)
            np.subtract.at(resource.free, rows, amounts)

    def unbook(self, request: Request, row: int) -> None:
        """Give back what ``book`` took: its exact inverse. Raises: ValueError where the request is not booked there."""
        booked = self.newcomers.get(row, [])
        if request not in booked:
            message = f"{request.name} is not booked on {self.names[row]}"
            raise ValueError(message)
        del booked[len(booked) - 1 - booked[::-1].index(request)]
        if not booked:
            del self.newcomers[row]
        for watcher in self._watchers:
            watcher(request, row, -1)
        self.num_instances[row] -= 1
        self.io_ops[row] -= 1
        if self.providers.concerns(request):
            self.providers.unbook(request, row)
        else:
            for name, amount in request.shape.resources:
                self.resource(name).book(row, -amount)
        if request.group is not None:
            counts = self.members[request.group.name]
            counts[row] -= 1
            if not counts[row]:
                del counts[row]

    def release(self, usage: Mapping[str, int], host: str, uuid: str = "") -> None:
        """Give back what an instance that is deleted first takes of its host; by its UUID, of the very providers."""
        if host in self.rows:
            row, providers = self.rows[host], self.providers
            if uuid:
                self.num_instances[row] -= 1
                self.gone.add(uuid)
            providers.release(row, usage, uuid)
            for name, amount in usage.items():
                if providers.is_plain[row] or name not in providers.classes:
                    self.resource(name).book(row, -amount)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
