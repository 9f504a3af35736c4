# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleet or none x Snapshot -> what differs, told apart: host changes, fleet changes, what is pending, what is unknown.

A host change is what is there and was not applied; a fleet change is what is declared and was not applied. What was
applied is in the mark of each domain, so the one is found without a fleet, and neither hides the other. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.diff.fleet_changes import fleet_changes
from novalite.diff.index import index_snapshot
from novalite.diff.power import power_by_hand
from novalite.model.drift import Drift, Finding, Group, What
from novalite.model.ignore import Ignore, find_ignore
from novalite.model.natural import natural_key
from novalite.shared import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from novalite.model.fleet import Fleet
    from novalite.model.observed import ObservedInstance, Orphaned
    from novalite.model.snapshot import Snapshot

_GROUPS = list(Group)
_WHATS = list(What)
_MOST_GENERATIONS = 9  # of a name's identities that are tried on a folder whose owner nobody wrote down


def find_drift(
    snapshot: Snapshot, fleet: Fleet | None = None, *, ignores: Iterable[Ignore] = (), expired: Iterable[Ignore] = ()
) -> Drift:
    """Return all that differs; with a fleet of its project (and what may be of it), else of all projects.

    ``ignores`` hold besides those of the fleet; ``expired`` are only told. What is unknown is never absent.
    """
    every = (*(fleet.drift_ignores if fleet is not None else ()), *ignores)
    project = fleet.project if fleet is not None else None
    found = list(_on_hosts(snapshot, project, every))
    found += _orphaned(snapshot, fleet)
    if fleet is not None:
        lost = {finding.name for finding in found if finding.what is What.GONE}
        index = index_snapshot(attrs.evolve(fleet, drift_ignores=()), snapshot)
        found += fleet_changes(fleet, index, lost)
    found += [
        Finding(Group.UNKNOWN, What.HOST, name, host=name, reason=lost_host.reason)
        for name, lost_host in snapshot.unknown.items()
    ]
    return Drift(
        project=project,
        findings=tuple(sorted(found, key=_rank)),
        unknown={name: lost_host.reason for name, lost_host in snapshot.unknown.items()},
        hosts=len(snapshot.hosts) + len(snapshot.unknown),
        expired=tuple(expired),
    )


def _rank(finding: Finding) -> tuple[object, ...]:
    return (
        _GROUPS.index(finding.group),
        natural_key(finding.project or ""),
        natural_key(finding.name),
        natural_key(finding.host or ""),
        _WHATS.index(finding.what),
        finding.path or "",
    )


def _on_hosts(snapshot: Snapshot, project: str | None, ignores: tuple[Ignore, ...]) -> Iterator[Finding]:
    """Yield what can be told of hosts alone."""
    for item in snapshot.instances():
        if project in (None, item.project):
            yield from _of_instance(item, ignores)
            yield from _pending(item)
    yield from _doubled(snapshot, project)
    for host in snapshot.hosts.values():
        for left in host.leftovers:
            if project in (None, left.project):
                reason = "a deletion was interrupted" if left.state == "deleting" else "a creation was interrupted"
                yield Finding(Group.HOST, What.LEFTOVER, left.name, left.project, host.name, left.uuid, reason=reason)
        for foreign in host.foreign:
            if foreign.reason:  # whose it is cannot be read, so it is told to everybody
                yield Finding(
                    Group.HOST, What.UNREADABLE, foreign.domain, None, host.name, foreign.uuid, reason=foreign.reason
                )


def _of_instance(item: ObservedInstance, ignores: tuple[Ignore, ...]) -> Iterator[Finding]:
    who = (item.name, item.project, item.host, item.uuid)
    for entry in item.drift:
        path = str(entry["path"])
        ignored = find_ignore(ignores, item.name, path)
        before, after = entry.get("expected"), entry.get("actual")
        yield Finding(Group.HOST, What.DOMAIN, *who, path, before, after, ignored=ignored)
    by_hand = power_by_hand(item)
    if by_hand is not None:
        ignored = find_ignore(ignores, item.name, "power")
        yield Finding(Group.HOST, What.POWER, *who, "power", item.applied_power, item.power, by_hand, ignored)
    if not item.persistent:
        yield Finding(Group.HOST, What.TRANSIENT, *who, reason="nothing is left of it when it stops")
    if item.unfinished:
        yield Finding(Group.HOST, What.UNFINISHED, *who, reason="an apply was interrupted beside it")


def _pending(item: ObservedInstance) -> Iterator[Finding]:
    """Yield what its next power cycle makes true: neither drift nor a change of the fleet."""
    by_hand = {entry["path"] for entry in item.drift}  # told as that: nobody applied it
    for entry in item.pending:
        if entry["path"] in by_hand:
            continue
        running, defined = entry.get("running"), entry.get("defined")
        who = (item.name, item.project, item.host, item.uuid)
        yield Finding(Group.PENDING, What.PENDING, *who, str(entry["path"]), running, defined)


def _doubled(snapshot: Snapshot, project: str | None) -> Iterator[Finding]:
    """Yield each instance of ours that more than one domain claims to be, by its UUID or by its name."""
    places: dict[str, list[str]] = {}
    claims: dict[tuple[str, str], list[ObservedInstance]] = {}
    for host in snapshot.hosts.values():
        for other in host.foreign:
            places.setdefault(other.uuid, []).append(f"{other.domain} on {host.name}")
        for item in host.instances:
            places.setdefault(item.uuid, []).append(f"{item.domain} on {host.name}")
        for own in host.instances:
            if project in (None, own.project):
                claims.setdefault((own.project, own.name), []).append(own)
    for (owner, name), items in claims.items():
        found = dict.fromkeys(place for item in items for place in places[item.uuid])
        if sum(len(places[uuid]) for uuid in {item.uuid for item in items}) > 1:
            uuid = items[0].uuid if len({item.uuid for item in items}) == 1 else None
            yield Finding(Group.HOST, What.DOUBLED, name, owner, None, uuid, reason=", ".join(found))


def _orphaned(snapshot: Snapshot, fleet: Fleet | None) -> Iterator[Finding]:
    """Yield folders with data whose domain is gone: that of a declared instance by its name, any other by its UUID."""
    folders = [(host.name, folder) for host in snapshot.hosts.values() for folder in host.orphaned]
    if not folders:
        return
    owners = _owners(fleet, {folder.uuid for _, folder in folders}) if fleet is not None else {}
    for host, folder in folders:
        name = owners.get(folder.uuid)
        reason = f"its folder holds {_files(folder)}"
        if name is None or fleet is None:
            yield Finding(Group.HOST, What.ORPHANED, folder.uuid, None, host, folder.uuid, reason=reason)
        else:
            yield Finding(Group.HOST, What.GONE, name, fleet.project, host, folder.uuid, reason=reason)


def _owners(fleet: Fleet, uuids: set[str]) -> dict[str, str]:
    """Return UUID -> the declared instance that would have it."""
    found = {}
    for name in fleet.instances:
        for generation in range(1, _MOST_GENERATIONS + 1):
            uuid = names.uuid_from_name(fleet.project, name, generation)
            if uuid in uuids:
                found[uuid] = name
    return found


def _files(folder: Orphaned) -> str:
    return ", ".join(path.rpartition("/")[2] for path in folder.disks) or "nothing that a plan would name"
