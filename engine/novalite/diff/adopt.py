# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that somebody else made: whether one can be taken under our care, and what may change of one that was.
Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.diff.fields import FieldClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from novalite.model.change import FieldChange
    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.observed import ForeignDomain, ObservedInstance
    from novalite.model.snapshot import Snapshot

REASON = "the domain was adopted: its hardware and disks stay as somebody else made them"
BY_HAND = "changed on the host by hand: undo it there, or release the domain and adopt it anew"
_MAY = frozenset((FieldClass.IN_PLACE.value, FieldClass.PLACEMENT.value))


def adoptable(fleet: Fleet, snapshot: Snapshot, found: Mapping[str, object]) -> dict[str, str]:
    """Return, for each desired instance that is to be adopted and is none yet, why it cannot be; nothing if it can."""
    wanted = [one for one in fleet.instances.values() if one.adopt is not None and one.name not in found]
    if not wanted:
        return {}
    ours = {item.uuid: item for item in snapshot.instances()}
    return {one.name: _why_not(one, snapshot, ours) for one in wanted}


def _why_not(desired: Instance, snapshot: Snapshot, ours: Mapping[str, ObservedInstance]) -> str:
    adopt = desired.adopt
    assert adopt is not None  # noqa: S101 (only these are asked)
    holder = ours.get(adopt.uuid)
    if holder is not None:
        return f"the domain is the instance {holder.project}.{holder.name} already"
    host = snapshot.hosts.get(adopt.host)
    if host is None:
        return f"{adopt.host}, where its domain is, is not among the hosts"
    domain = next((domain for domain in host.foreign if domain.uuid == adopt.uuid), None)
    if domain is None:
        there = next((domain.host for domain in _foreign(snapshot) if domain.uuid == adopt.uuid), None)
        return f"{adopt.domain} is not on {adopt.host}" + (f" but on {there}" if there else ", nor on any other host")
    twice = sorted(other.host for other in _foreign(snapshot) if other.uuid == adopt.uuid)
    if len(twice) > 1:
        return f"its UUID lives on more than one host: {', '.join(twice)}"
    return domain.reason or _difference(desired, domain)


def _foreign(snapshot: Snapshot) -> Iterable[ForeignDomain]:
    return (domain for host in snapshot.hosts.values() for domain in host.foreign)


def _difference(desired: Instance, domain: ForeignDomain) -> str:
    """Return what the domain is not that the fleet says; whether its XML is what was read, its host asks."""
    assert desired.adopt is not None  # noqa: S101 (as above)
    macs = tuple(sorted(port.mac or "" for port in desired.ports))
    rows = (
        ("name", desired.adopt.domain, domain.domain),
        ("vCPUs", desired.flavor.vcpus, domain.usage.get("VCPU", 0)),
        ("MiB of memory", desired.flavor.ram_mib, domain.usage.get("MEMORY_MB", 0)),
    )
    told = [f"{what}: {there}, not {said}" for what, said, there in rows if said != there]
    told += [] if set(macs) <= set(domain.macs) else [f"MACs: {', '.join(domain.macs) or 'none'}"]
    return f"its domain has {'; '.join(told)}" if told else ""


def bounded(observed: ObservedInstance, changes: Iterable[FieldChange]) -> list[FieldChange]:
    """Return changes as they are possible: of an adopted instance, only what the mark alone makes true."""
    if not observed.spec.get("adopted"):
        return list(changes)
    return [
        change
        if not change.by_hand and (change.kind in _MAY or change.path == "restart_token")
        else attrs.evolve(change, kind=FieldClass.REFUSED.value, reason=BY_HAND if change.by_hand else REASON)
        for change in changes
    ]
