# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts taken away or added, in thought: a fleet and a snapshot changed so, and what was changed in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.claim import claim_from_spec
from novalite.model.natural import natural_key
from novalite.model.trait import DISABLED

if TYPE_CHECKING:
    from novalite.model.fleet import Fleet
    from novalite.model.numa import HostCell
    from novalite.model.observed import ObservedHost
    from novalite.model.pci import PciPool
    from novalite.model.snapshot import Snapshot


@attrs.frozen(slots=True)
class Change:
    """What is thought of: hosts and zones that are gone, and ``add`` hosts like ``like``."""

    without: tuple[str, ...] = ()
    without_zones: tuple[str, ...] = ()
    add: int = 0
    like: str | None = None

    def __bool__(self) -> bool:
        return bool(self.without or self.without_zones or self.add)


@attrs.frozen(slots=True)
class Imagined:
    """What would be; ``said`` in words, ``homes``: instance of the fleet's project -> the host that it lost."""

    fleet: Fleet
    snapshot: Snapshot
    said: tuple[str, ...]
    homes: dict[str, str]


def zones_of(fleet: Fleet, snapshot: Snapshot) -> dict[str, str | None]:
    """Return the zone of each host that answered: that of the fleet's aggregates, or its own."""
    said = fleet.zones()
    return {name: said.get(name, host.zone) for name, host in snapshot.hosts.items()}


def unknown_words(fleet: Fleet, snapshot: Snapshot, change: Change) -> list[str]:
    """Return the names in a change that are no host, or no zone of one."""
    hosts = {*snapshot.hosts, *snapshot.unknown}
    zones = set(zones_of(fleet, snapshot).values())
    wrong = [name for name in change.without if name not in hosts]
    wrong += [zone for zone in change.without_zones if zone not in zones]
    return wrong + ([change.like] if change.like is not None and change.like not in snapshot.hosts else [])


def imagine(fleet: Fleet, snapshot: Snapshot, change: Change) -> Imagined:
    """Return the fleet and the snapshot with the change made; the words of the change are known ones."""
    zones = zones_of(fleet, snapshot)
    gone = {*change.without, *(name for name, zone in zones.items() if zone in change.without_zones)}
    lost = [snapshot.hosts[name] for name in sorted(gone, key=natural_key) if name in snapshot.hosts]
    hosts = {name: host for name, host in snapshot.hosts.items() if name not in gone}
    added = _added(snapshot, change)
    hosts = {host.name: host for host in sorted([*hosts.values(), *added], key=lambda host: natural_key(host.name))}
    unknown = {name: reason for name, reason in snapshot.unknown.items() if name not in gone}
    said = [f"without zone {zone}" for zone in change.without_zones]
    said += [f"without {name}" for name in change.without]
    said += [f"with {change.add} more host{'' if change.add == 1 else 's'} like {change.like}"] if change.add else []
    said += _not_ours(fleet, lost)
    homes = {item.name: host.name for host in lost for item in host.instances if item.project == fleet.project}
    return Imagined(
        _with_members(fleet, change.like, [host.name for host in added]),
        attrs.evolve(snapshot, hosts=hosts, unknown=unknown),
        tuple(said),
        homes,
    )


def _added(snapshot: Snapshot, change: Change) -> list[ObservedHost]:
    """Return new and empty hosts, named after their model: kvm-1+1, kvm-1+2."""
    if change.like is None:
        return []
    model = snapshot.hosts[change.like]
    empty = attrs.evolve(
        model,
        used={},
        instances=(),
        foreign=(),
        leftovers=(),
        orphaned=(),
        shelf=(),
        enabled=True,
        traits=model.traits - {DISABLED},
        applied=frozenset(),
        generation=0,
        numa=emptied(model),
        pci=tuple(_all_free(pool) for pool in model.pci),
    )
    return [attrs.evolve(empty, name=f"{change.like}+{number}") for number in range(1, change.add + 1)]


def emptied(model: ObservedHost) -> tuple[HostCell, ...]:
    """Return a host's cells as if none of its guests were there: CPUs, memory, and the pages that our guests hold.

    Of pages that are used besides, nobody knows who has them; a new host would have to keep as many.
    """
    from novalite.schedule.numa.fit import State  # every plan comes by here, and most have nothing to do with cells
    from novalite.schedule.numa.usage import given_back

    state = State(tuple(model.numa))
    for item in model.instances:
        claim = claim_from_spec(item.spec.get("claim"))
        state = given_back(state, claim, None) if claim is not None else state
    return tuple(attrs.evolve(cell, pinned=frozenset(), cpu_usage=0, memory_used_mib=0) for cell in state.cells)


def _all_free(pool: PciPool) -> PciPool:
    addresses = tuple(sorted((*pool.addresses, *pool.used)))
    return attrs.evolve(pool, free=len(addresses), addresses=addresses, used=())


def _with_members(fleet: Fleet, like: str | None, added: list[str]) -> Fleet:
    """Return the fleet with the new hosts in the aggregates of their model."""
    if not added:
        return fleet
    aggregates = tuple(
        attrs.evolve(aggregate, hosts=(*aggregate.hosts, *added)) if like in aggregate.hosts else aggregate
        for aggregate in fleet.aggregates
    )
    return attrs.evolve(fleet, aggregates=aggregates)


def _not_ours(fleet: Fleet, lost: list[ObservedHost]) -> list[str]:
    others = sum(item.project != fleet.project for host in lost for item in host.instances)
    foreign = sum(len(host.foreign) for host in lost)
    parts = [f"{others} instance{'' if others == 1 else 's'} of other projects"] if others else []
    parts += [f"{foreign} domain{'' if foreign == 1 else 's'} that {'is' if foreign == 1 else 'are'} not ours"] * (
        foreign > 0
    )
    return [f"lost with them, and not placed again here: {' and '.join(parts)}"] if parts else []
