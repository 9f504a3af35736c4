# SPDX-License-Identifier: GPL-3.0-or-later
"""An independent judge of placements: plain loops over plain values, in its own words; no code of the scheduler.

It reads the fields of ``Host``, ``Request``, ``Inventory``, ``Aggregate`` and ``ServerGroup`` and imports none of them.
``violations`` holds whatever order the decisions were made in; ``wrongly_refused`` asks whether who got nothing could
still be placed when all is done, which nobody can: a batch only takes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NOTHING: dict[str, Any] = {}


class Judge:
    """The hosts as they were before the batch, and the batch."""

    def __init__(
        self,
        hosts: Iterable[Any],
        requests: Iterable[Any],
        *,
        zones: Mapping[str, str] = NOTHING,
        aggregates: Iterable[Any] = (),
        members: Mapping[str, Mapping[str, int]] = NOTHING,
        sharing: Iterable[Any] = (),
    ) -> None:
        """``zones`` go before the hosts' own; ``members`` is group -> host -> instances there before the batch."""
        self.hosts = {host.name: host for host in hosts}
        self.requests = {request.name: request for request in requests}
        self.zones = {name: zones.get(name, host.zone) for name, host in self.hosts.items()}
        self.members = {group: dict(counts) for group, counts in members.items()}
        self.aggregates: dict[str, set[str]] = defaultdict(set)  # host -> names
        for aggregate in aggregates:
            for name in aggregate.hosts:
                self.aggregates[name].add(aggregate.name)
        self.sharing = tuple(sharing)

    def violations(self, decisions: Mapping[str, str | None]) -> list[str]:
        """Say what is wrong with the decisions (instance -> host, or None where it was refused), a line for each."""
        found = [f"{name}: nobody asked for it" for name in decisions if name not in self.requests]
        found += [f"{name}: no decision" for name in self.requests if name not in decisions]
        placed = {name: host for name, host in decisions.items() if host is not None and name in self.requests}
        for name, host in placed.items():
            if host not in self.hosts:
                found.append(f"{name}: there is no host {host}")
            else:
                found += [f"{name} on {host}: {wrong}" for wrong in self.unsuited(self.requests[name], host)]
        return found + list(self._overfull(placed)) + list(self._broken_groups(placed))

    def wrongly_refused(self, decisions: Mapping[str, str | None]) -> list[str]:
        """Say who was refused although a host would take it even after the whole batch."""
        placed = {name: host for name, host in decisions.items() if host is not None}
        taken, members = self._taken(placed), self._counts(placed)
        found = []
        for name, host in decisions.items():
            request = self.requests[name]
            if host is None:
                fits = [other for other in self.hosts if self._takes(request, other, taken[other], members)]
                found += [f"{name}: refused, but {fits[0]} would take it"] if fits else []
        return found

    # -- one instance on one host, however empty ---------------------------------------------------------------------

    def unsuited(self, request: Any, name: str) -> Iterator[str]:
        """Say what a host lacks for a request, apart from room."""
        host, shape = self.hosts[name], request.shape
        if not (host.enabled and host.up):
            yield "disabled or down"
        if shape.host is not None and shape.host != name:
            yield f"pinned to {shape.host}"
        if shape.zone is not None and shape.zone != self.zones[name]:
            yield f"asked for zone {shape.zone}, is in {self.zones[name]}"
        for network in sorted(set(shape.networks) - set(host.networks)):
            yield f"has no network {network}"
        yield from self._traits(shape, host)
        yield from self._aggregates(shape, name)
        yield from self._units(shape, host)

    def _traits(self, shape: Any, host: Any) -> Iterator[str]:
        has = set(host.traits) | self._shared_traits(host.name)
        for provider in host.providers:
            has |= set(provider.traits)
        for trait in sorted(set(shape.required) - has):
            yield f"lacks {trait}"
        for trait in sorted(set(shape.root_required) - set(host.traits)):
            yield f"lacks {trait} itself"
        for trait in sorted(set(shape.root_forbidden) & set(host.traits)):
            yield f"has forbidden {trait} itself"
        for trait in sorted(shape.forbidden):
            givers = [self._traits_of_givers(host, resource) for resource, _ in shape.resources] or [[host.traits]]
            if any(given and all(trait in traits for traits in given) for given in givers):
                yield f"has forbidden {trait}"
        for wanted in shape.any_of:
            if not has & set(wanted):
                yield f"has none of {sorted(wanted)}"

    def _traits_of_givers(self, host: Any, resource: str) -> list[Iterable[str]]:
        """The traits of each of those that offer a host a class."""
        givers = (host, *host.providers, *self._shared_by(host.name))
        return [giver.traits for giver in givers if resource in giver.inventories]

    def _aggregates(self, shape: Any, name: str) -> Iterator[str]:
        inside = self.aggregates[name]
        for wanted in shape.member_of:
            if not inside & set(wanted):
                yield f"in none of the aggregates {sorted(wanted)}"
        for unwanted in sorted(inside & set(shape.not_member_of)):
            yield f"in aggregate {unwanted}"

    def _units(self, shape: Any, host: Any) -> Iterator[str]:
        for resource, amount in shape.resources:
            offers = [held for held, _ in self._offers(host, resource)]
            if not any(self._unit_fits(held, amount) for held in offers):
                yield f"{amount} {resource} suits no inventory of {len(offers)}"

    @staticmethod
    def _unit_fits(held: Any, amount: int) -> bool:
        return held.min_unit <= amount <= held.max_unit and amount % held.step_size == 0

    # -- all instances of a host together ----------------------------------------------------------------------------

    def _offers(self, host: Any, resource: str) -> list[tuple[Any, int]]:
        """(inventory, used) of everything that gives a host this class: itself, what is in it, what it shares."""
        found = []
        if resource in host.inventories:
            found.append((host.inventories[resource], host.used.get(resource, 0)))
        for provider in (*host.providers, *self._shared_by(host.name)):
            if resource in provider.inventories:
                found.append((provider.inventories[resource], provider.used.get(resource, 0)))
        return found

    def _shared_by(self, name: str) -> list[Any]:
        return [provider for provider in self.sharing if set(provider.aggregates) & self.aggregates[name]]

    def _shared_traits(self, name: str) -> set[str]:
        return {trait for provider in self._shared_by(name) for trait in provider.traits}

    @staticmethod
    def _asked(request: Any) -> Counter[str]:
        amounts: Counter[str] = Counter()
        for resource, amount in request.shape.resources:
            amounts[resource] += amount
        for group in request.shape.groups:
            for resource, amount in group.resources:
                amounts[resource] += amount
        return amounts

    def _taken(self, placed: Mapping[str, str]) -> dict[str, Counter[str]]:
        taken: dict[str, Counter[str]] = defaultdict(Counter)
        for name, host in placed.items():
            taken[host].update(self._asked(self.requests[name]))
        return taken

    def _room(self, host: Any, resource: str) -> float:
        """What may still be taken; less than 0 where it was too full before: then nothing may be added."""
        room = [
            (held.total - held.reserved) * held.allocation_ratio - used for held, used in self._offers(host, resource)
        ]
        return sum(value for value in room if value > 0)

    def _overfull(self, placed: Mapping[str, str]) -> Iterator[str]:
        for name, amounts in self._taken(placed).items():
            for resource, amount in sorted(amounts.items()):
                if name in self.hosts and amount and amount > self._room(self.hosts[name], resource):
                    room = self._room(self.hosts[name], resource)
                    yield f"{name}: {amount} {resource} taken, there was room for {room:g}"
        for provider in self.sharing:
            users = [name for name in self.hosts if set(provider.aggregates) & self.aggregates[name]]
            for resource, held in sorted(provider.inventories.items()):
                yield from self._overshared(provider, resource, held, users, placed)

    def _overshared(
        self, provider: Any, resource: str, held: Any, users: list[str], placed: Mapping[str, str]
    ) -> Iterator[str]:
        taken = self._taken(placed)
        room = (held.total - held.reserved) * held.allocation_ratio - provider.used.get(resource, 0)
        others = {other.name for other in self.sharing if other is not provider and resource in other.inventories}
        own = [name for name in users if resource in self.hosts[name].inventories]
        if others or own:
            return  # somebody else might give it: who did is not in the decisions
        amount = sum(taken[name][resource] for name in users if name in taken)
        if amount and amount > room:
            yield f"{provider.name}: {amount} {resource} taken by all, there was room for {room:g}"

    # -- groups ------------------------------------------------------------------------------------------------------

    def _counts(self, placed: Mapping[str, str]) -> dict[str, Counter[str]]:
        counts: dict[str, Counter[str]] = {group: Counter(held) for group, held in self.members.items()}
        for name, host in placed.items():
            group = self.requests[name].group
            if group is not None:
                counts.setdefault(group.name, Counter())[host] += 1
        return counts

    def _broken_groups(self, placed: Mapping[str, str]) -> Iterator[str]:
        counts = self._counts(placed)
        groups = {request.group.name: request.group for request in self.requests.values() if request.group is not None}
        new: dict[str, set[str]] = defaultdict(set)
        for name, host in placed.items():
            group = self.requests[name].group
            if group is not None:
                new[group.name].add(host)
        for name, group in sorted(groups.items()):
            before = {host for host, count in self.members.get(name, {}).items() if count}
            if group.policy == "affinity":
                if not new[name] <= (before or set(sorted(new[name])[:1])):
                    yield f"group {name}: apart on {sorted(new[name] | before)}"
            elif group.policy == "anti-affinity":
                for host in sorted(new[name]):
                    if counts[name][host] > group.max_server_per_host:
                        yield f"group {name}: {counts[name][host]} on {host}, at most {group.max_server_per_host}"

    def _takes(self, request: Any, name: str, taken: Counter[str], members: dict[str, Counter[str]]) -> bool:
        host = self.hosts[name]
        if any(self.unsuited(request, name)):
            return False
        for resource, amount in self._asked(request).items():
            if taken[resource] + amount > self._room(host, resource):
                return False
        group = request.group
        if group is None:
            return True
        held = members.get(group.name, Counter())
        if group.policy == "affinity":
            return not any(held.values()) or held[name] > 0
        return group.policy != "anti-affinity" or held[name] < group.max_server_per_host


def decisions_of(results: Iterable[Any]) -> dict[str, str | None]:
    """Return instance -> host of a list of ``Placement`` and ``Unplaced`` values."""
    return {result.name: getattr(result, "host", None) for result in results}
