# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances on the hosts, by what a person calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.errors import NovaliteError, ObserveIncomplete

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.model.observed import ObservedInstance
    from novalite.model.snapshot import Snapshot


def find_instances(seen: Snapshot, name: str, project: str | None, *, trash: bool = False) -> list[ObservedInstance]:
    """Return the instance ``name`` (or project.name, or its UUID): more than one only where two domains claim to be it.

    What is in the trash is found where nothing else has the name, or first with ``trash``. Raises: NovaliteError where
    there is none, or several projects have one; ObserveIncomplete where it may be on a host that did not answer.
    """
    instances = [*seen.instances(), *(aside.item for aside in seen.shelf() if not aside.is_trash)]
    trashed = [aside.item for aside in seen.shelf() if aside.is_trash]
    found: list[ObservedInstance] = []
    for items in (trashed, instances) if trash else (instances, trashed):
        found = found or [
            instance
            for instance in items
            if name in (instance.name, instance.uuid, f"{instance.project}.{instance.name}")
            and project in (None, instance.project)
        ]
    if not found and seen.unknown:
        raise ObserveIncomplete({host: lost.reason for host, lost in seen.unknown.items()})
    if not found:
        raise NovaliteError(f"no host holds an instance {name!r}", proceed="novalite list --all")
    if len({instance.project for instance in found}) > 1:
        names = ", ".join(f"{instance.project}.{instance.name}" for instance in found)
        raise NovaliteError(f"several are called so: {names}", proceed=f"novalite get {found[0].project}.{name}")
    return found


def find_each(
    seen: Snapshot, names: Iterable[str], project: str | None, *, trash: bool = False
) -> list[ObservedInstance]:
    """Return one instance for each name, each once. Raises: as ``find_instances``, and NovaliteError where two domains
    claim to be one of them, or they are of several projects: a plan is of one.
    """
    found: dict[str, ObservedInstance] = {}
    for name in names:
        holders = find_instances(seen, name, project, trash=trash)
        if len(holders) > 1 and "trashed" in holders[0].state:
            which = ", ".join(f"{item.uuid} (until {item.state['trashed'].get('until')})" for item in holders)
            raise NovaliteError(f"several of that name are in the trash: {which}", proceed="name one by its UUID")
        if len(holders) > 1:
            places = ", ".join(f"{item.domain} on {item.host}" for item in holders)
            raise NovaliteError(f"more than one domain claims to be {name}: {places}", proceed=f"novalite get {name}")
        found[holders[0].uuid] = holders[0]
    projects = sorted({item.project for item in found.values()})
    if len(projects) > 1:
        raise NovaliteError(f"these are of several projects: {', '.join(projects)}", proceed="name those of one")
    return list(found.values())
