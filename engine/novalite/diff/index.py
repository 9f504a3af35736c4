# SPDX-License-Identifier: GPL-3.0-or-later
"""What the snapshot holds of one project, by name; and which desired instance each observed one is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import attrs

from novalite.diff.adopt import adoptable
from novalite.model.ignore import Ignore, find_ignore
from novalite.model.observed import ObservedInstance

if TYPE_CHECKING:
    from novalite.model.fleet import Fleet
    from novalite.model.snapshot import Snapshot

Holders = Mapping[str, tuple[ObservedInstance, ...]]


@attrs.frozen(slots=True)
class Index:
    """``by_name`` holds every observed instance of the project once; ``found`` says who each desired one is."""

    by_name: Holders
    found: Holders  # desired name -> the domains that are it, under this or its earlier name
    undeclared: tuple[str, ...]  # observed names that no desired instance was found under
    rivals: Mapping[str, str]  # desired name -> the one that has already taken the same moved.from
    doubled: Mapping[str, str]  # UUID -> everywhere it is, for UUIDs that more than one domain has
    missing_on: tuple[str, ...]  # unknown hosts that a missing instance may live on
    ignores: tuple[Ignore, ...] = ()  # differences that are left as they are: in the index they are not there
    aside: Mapping[str, ObservedInstance] = attrs.field(factory=dict)  # name -> one without a domain that still is it
    adoptable: Mapping[str, str] = attrs.field(factory=dict)  # desired name -> why its domain cannot be adopted, or ""


def index_snapshot(fleet: Fleet, snapshot: Snapshot, assume_empty: Iterable[str] = ()) -> Index:
    """Return who is who."""
    by_name, doubled = _observed(fleet, snapshot)
    moves, rivals = _moves(fleet, by_name)
    old_names = {new: old for old, new in moves.items()}
    found: dict[str, tuple[ObservedInstance, ...]] = {}
    for name in fleet.instances:
        old = old_names.get(name)
        if old is not None:
            found[name] = by_name[old]
        elif name in by_name and name not in moves:
            found[name] = by_name[name]
    aside = _aside(fleet, snapshot, by_name)
    undeclared = tuple(sorted((by_name.keys() | aside.keys()) - fleet.instances.keys() - moves.keys()))
    assumed = set(assume_empty)
    missing_on = tuple(name for name in snapshot.unknown if name not in assumed)
    can = adoptable(fleet, snapshot, found)
    return Index(by_name, found, undeclared, rivals, doubled, missing_on, fleet.drift_ignores, aside, can)


def _aside(fleet: Fleet, snapshot: Snapshot, by_name: Holders) -> dict[str, ObservedInstance]:
    """Return the instances that are offloaded, or half restored, by the name under which they are looked for.

    A rename waits until it is back: it is found by its former name as long as nobody has the new one.
    """
    found = {
        aside.item.name: aside.item
        for aside in snapshot.shelf()
        if aside.item.project == fleet.project and not aside.is_trash
    }
    for name, desired in fleet.instances.items() if found else ():
        if name not in by_name and name not in found and desired.moved_from in found:
            found[name] = found.pop(desired.moved_from)
    return found


def _moves(fleet: Fleet, by_name: Holders) -> tuple[dict[str, str], dict[str, str]]:
    """Return the renames to make (old name -> new name), and who came too late for one (name -> who was first).

    ``moved.from`` stays in the YAML after it was done, so it counts only while the new name has no holder, or while
    its holder moves away itself (web-1 becomes web-2 and web-0 becomes web-1, all in one plan).
    """
    moves: dict[str, str] = {}
    rivals: dict[str, str] = {}
    pending = {
        name: desired.moved_from
        for name, desired in fleet.instances.items()
        if desired.moved_from in by_name and desired.moved_from != name
    }
    while ready := [name for name in pending if name not in by_name or name in moves]:
        for name in ready:
            old = str(pending.pop(name))
            first = moves.setdefault(old, name)
            if first != name:
                rivals[name] = first
    return moves, rivals


def _observed(fleet: Fleet, snapshot: Snapshot) -> tuple[Holders, dict[str, str]]:
    by_name: dict[str, tuple[ObservedInstance, ...]] = {}
    by_uuid: dict[str, str] = {}
    doubled: dict[str, str] = {}
    for host in snapshot.hosts.values():
        for uuid in [item.uuid for item in host.instances] + [item.uuid for item in host.foreign]:
            first = by_uuid.setdefault(uuid, host.name)
            if first is not host.name:
                doubled[uuid] = f"{doubled.get(uuid, first)}, {host.name}"
        for item in host.instances:
            if item.spec["project"] == fleet.project:
                name = item.spec["name"]
                item = without_ignored(item, fleet.drift_ignores) if item.drift else item
                held = by_name.get(name)
                by_name[name] = (item,) if held is None else (*held, item)
    return by_name, doubled


def without_ignored(item: ObservedInstance, ignores: Iterable[Ignore]) -> ObservedInstance:
    """Return an instance without the differences that are ignored: planned as if nobody had made them."""
    ignored = {entry["path"] for entry in item.drift if find_ignore(ignores, item.name, str(entry["path"]))}
    left = tuple(entry for entry in item.drift if entry["path"] not in ignored)
    if not ignored:
        return item
    waits = tuple(entry for entry in item.pending if entry["path"] not in ignored)  # nobody applied it
    return attrs.evolve(item, drift=left, ignored=tuple(sorted(ignored)), pending=waits)
