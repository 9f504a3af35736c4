# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleet x what was applied -> what the fleet says now and did not say then; hosts' changes are not looked at. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.diff.compare import compare_specs, wanted_spec
from novalite.model.drift import Finding, Group, What
from novalite.shared import operational_state

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from novalite.diff.index import Index
    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.observed import ObservedInstance


def fleet_changes(fleet: Fleet, index: Index, gone: Collection[str]) -> Iterator[Finding]:
    """Yield them; an instance whose domain is ``gone`` is a host's change, and one that may live elsewhere unknown."""
    for name, desired in fleet.instances.items():
        holders = index.found.get(name, ())
        if len(holders) == 1:
            yield from _of_instance(desired, holders[0])
        elif not holders and name not in gone and name not in index.aside:
            yield _missing(desired, index)
    for name in index.undeclared:
        for item in index.by_name.get(name) or (index.aside[name],):
            if operational_state.TRASHED not in item.state:
                reason = "kept (protect)" if item.protect else ""
                reason = "adopted: only our mark goes" if item.spec.get("adopted") else reason
                yield Finding(Group.FLEET, What.REMOVED, name, item.project, item.host, item.uuid, reason=reason)


def _missing(desired: Instance, index: Index) -> Finding:
    if index.missing_on:
        reason = f"may live on {', '.join(index.missing_on)}, which did not answer"
        return Finding(Group.UNKNOWN, What.MAYBE, desired.name, desired.project, reason=reason)
    reason = "on no host"
    if desired.adopt is not None:
        reason = index.adoptable.get(desired.name) or f"{desired.adopt.domain} on {desired.adopt.host}, to be adopted"
    return Finding(Group.FLEET, What.NEW, desired.name, desired.project, reason=reason)


def _of_instance(desired: Instance, item: ObservedInstance) -> Iterator[Finding]:
    who = (desired.name, desired.project, item.host, item.uuid)
    for change in compare_specs(item.spec, wanted_spec(desired, item)):
        what = What.RENAMED if change.path == "name" else What.CHANGED
        yield Finding(Group.FLEET, what, *who, change.path, change.before, change.after)
    if item.held_reason is not None:
        return
    applied = item.applied_power
    if applied is None and desired.power != item.power:
        reason = "nobody wrote down what was applied"
        yield Finding(Group.FLEET, What.POWER, *who, "power", item.power, desired.power, reason)
    elif applied is not None and applied != desired.power:
        yield Finding(Group.FLEET, What.POWER, *who, "power", applied, desired.power)
