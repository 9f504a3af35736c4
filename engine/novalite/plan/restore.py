# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances on the shelf x the verbs that bring them back -> Plan. Pure.

Source: nova/compute/api.py, restore: legal for SOFT_DELETED. Other than in Nova the name may have been taken meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.plan import problems as ids
from novalite.plan.draft import draft_of_action, draft_of_restore
from novalite.plan.verb import plan_drafts
from novalite.problem import Problem
from novalite.shared import amounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from novalite.model.observed import ObservedInstance
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot
    from novalite.model.verb import Verb
    from novalite.plan.draft import Draft


def plan_restore(
    snapshot: Snapshot, items: Sequence[ObservedInstance], verb: Verb, arguments: Mapping[str, Any]
) -> Plan:
    """Return the plan that brings instances back as they were.

    ``arguments["assume_empty"]``: hosts that do not answer and of which the user says that they hold none of the names.
    """
    silent = sorted(snapshot.unknown.keys() - set(arguments.get("assume_empty") or ()))
    problems = [problem for item in items for problem in _problems(snapshot, item, silent)]
    problems += same_names(items)
    problems += no_room(snapshot, items)
    return plan_drafts(snapshot, items, verb, draft_of_restore, problems)


def plan_unshelve(
    snapshot: Snapshot, items: Sequence[ObservedInstance], verb: Verb, arguments: Mapping[str, Any]
) -> Plan:
    """Return the plan that lets shelved instances run; what an offloaded one was given may be taken."""
    del arguments
    offloaded = [item for item in items if item.is_offloaded]
    problems = [problem for item in offloaded for problem in claim_taken(snapshot, item)]
    problems += no_room(snapshot, offloaded)

    def draft(item: ObservedInstance) -> Draft:
        return draft_of_action(verb.action, item, item.name)

    return plan_drafts(snapshot, items, verb, draft, problems)


def _problems(snapshot: Snapshot, item: ObservedInstance, silent: Sequence[str]) -> Iterator[Problem]:
    if (item.state.get("trashed") or {}).get("why") == "deleting":
        summary = f"{item.name}: its deletion has begun, and some of its disks may be gone"
        yield Problem(ids.ILLEGAL, summary, help="the next plan of its fleet finishes the deletion")
    yield from name_taken(snapshot, item)
    yield from claim_taken(snapshot, item)
    if silent:
        summary = f"{item.name}: another instance may have its name on {', '.join(silent)}, which did not answer"
        helps = f"if there is none: --assume-empty {silent[0]}"
        yield Problem(ids.NAME_TAKEN, summary, help=helps)


def name_taken(snapshot: Snapshot, item: ObservedInstance) -> Iterator[Problem]:
    """Yield a problem where another instance has the name by now, or the UUID."""
    others = [*snapshot.instances(), *(aside.item for aside in snapshot.shelf() if not aside.is_trash)]
    for other in others:
        if other.uuid == item.uuid and other.host == item.host:
            continue
        if other.uuid == item.uuid or (other.project, other.name) == (item.project, item.name):
            summary = f"{item.name}: {other.domain} on {other.host} has the name by now"
            helps = "give that one another name in the fleet (moved: {from: ...}) or take it out, apply, then again"
            yield Problem(ids.NAME_TAKEN, summary, help=helps)


def claim_taken(snapshot: Snapshot, item: ObservedInstance) -> Iterator[Problem]:
    """Yield a problem where others hold the CPUs or devices that an instance was given."""
    mine = _parts(item.spec)
    for other in snapshot.hosts[item.host].instances if mine else ():
        both = sorted(mine & _parts(other.spec)) if other.uuid != item.uuid else []
        if both:
            summary = f"{item.name}: {other.name} has its {', '.join(both)} of {item.host} by now"
            helps = f"have {other.name} made anew elsewhere, then again"
            yield Problem(ids.CLAIM_TAKEN, summary, help=helps)


def no_room(snapshot: Snapshot, items: Sequence[ObservedInstance]) -> Iterator[Problem]:
    """Yield a problem for each that its host has no room for, beside what is there and those named before it."""
    used = {item.host: dict(snapshot.hosts[item.host].used) for item in items}
    for item in items:
        taken = used[item.host]
        whole = amounts.total_resources(item.spec["flavor"], (item.spec.get("image") or {}).get("properties") or {})
        more = {name: amount - item.usage.get(name, 0) for name, amount in whole.items()}
        short = []
        for name, amount in sorted(more.items()):
            offer = snapshot.hosts[item.host].inventories.get(name)
            now = taken.get(name, 0)
            if amount > 0 and offer is not None and now + amount > offer.capacity:
                short.append(f"asked {amount} {name}, free {max(0, int(offer.capacity) - now)}")
            taken[name] = now + max(0, amount)
        if short:
            summary = f"{item.name}: {item.host} has no room for it any more: {'; '.join(short)}"
            yield Problem(ids.NO_ROOM_TO_RETURN, summary, help=f"make room on {item.host}, then again")


def _parts(spec: Mapping[str, Any]) -> set[str]:
    claim = spec.get("claim") or {}
    cpus = {f"CPU {cpu}" for cell in claim.get("cells") or () for cpu in (cell.get("pcpus") or {}).values()}
    return cpus | {f"device {device['address']}" for device in claim.get("pci") or ()}


def same_names(items: Sequence[ObservedInstance]) -> Iterator[Problem]:
    """Yield a problem for each name that two of the instances to bring back have."""
    seen: dict[str, ObservedInstance] = {}
    for item in items:
        other = seen.setdefault(item.name, item)
        if other is not item:
            yield Problem(ids.NAME_TAKEN, f"{item.name}: both {other.uuid} and {item.uuid} have that name")
