# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances on the hosts, by what a person calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.errors import NovaliteError, ObserveIncomplete

if TYPE_CHECKING:
    from novalite.model.observed import ObservedInstance
    from novalite.model.snapshot import Snapshot


def find_instances(seen: Snapshot, name: str, project: str | None) -> list[ObservedInstance]:
    """Return the instance ``name`` (or project.name, or its UUID): more than one only where two domains claim to be it.

    Raises: NovaliteError where there is none, or several projects have one; ObserveIncomplete where it may be on a
    host that did not answer.
    """
    found = [
        instance
        for instance in seen.instances()
        if name in (instance.name, instance.uuid, f"{instance.project}.{instance.name}")
        and project in (None, instance.project)
    ]
    if not found and seen.unknown:
        raise ObserveIncomplete({host: lost.reason for host, lost in seen.unknown.items()})
    if not found:
        raise NovaliteError(f"no host holds an instance {name!r}", proceed="novalite list")
    if len({instance.project for instance in found}) > 1:
        names = ", ".join(f"{instance.project}.{instance.name}" for instance in found)
        raise NovaliteError(f"several are called so: {names}", proceed=f"novalite get {found[0].project}.{name}")
    return found
