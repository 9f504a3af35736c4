# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions on a fleet and a snapshot, besides the plan: what else fits, and what may be lost. Pure.

numpy is imported only when something is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.diff.classify import Classified, classify
from novalite.model.change import GOING
from novalite.model.image import Image
from novalite.model.instance import Instance
from novalite.model.placement import Placement
from novalite.model.survival import NOT_PROVEN, PROTECTED, REFUTED, Goal, Verdict
from novalite.plan.place import context_of, table_of
from novalite.plan.residents import request_of_resident
from novalite.schedule.order import in_order
from novalite.schedule.request import request_from_instance, requests_from_instances

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from novalite.model.capacity import Room
    from novalite.model.flavor import Flavor
    from novalite.model.fleet import Fleet
    from novalite.model.snapshot import Snapshot
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable


@attrs.define(slots=True)
class Standing:
    """The hosts as they are, and where the fleet's instances live.

    What lived on hosts that are gone in thought was placed again, but for ``stranded``: those found no place.
    """

    table: HostTable
    homes: dict[str, str]
    uuids: dict[str, str]  # of those that exist
    others: list[tuple[Request, str]]  # instances of other projects, by what they use
    stranded: tuple[str, ...] = ()


def standing(fleet: Fleet, snapshot: Snapshot, lost: Collection[str] = ()) -> Standing:
    """Return how things are; ``lost``: names of instances whose hosts are gone in thought."""
    classified = classify(fleet, snapshot)
    # Nothing of what a plan would delete is gone yet.
    changes = tuple(change for change in classified.changes if change.action not in GOING)
    table = table_of(fleet, snapshot, attrs.evolve(classified, changes=changes))
    ours = {holder.uuid for holders in classified.index.found.values() for holder in holders}
    others = [
        (request_of_resident(item, snapshot), item.host) for item in snapshot.instances() if item.uuid not in ours
    ]
    found = Standing(table, _homes(fleet, classified), _uuids(fleet, classified), others)
    wanted = [fleet.instances[name] for name in lost if name in fleet.instances and name not in found.homes]
    if wanted:
        from novalite.schedule.select import select

        placed = select(table, requests_from_instances(wanted, context_of(fleet)))
        found.homes.update({result.name: result.host for result in placed if isinstance(result, Placement)})
        found.stranded = tuple(result.name for result in placed if not isinstance(result, Placement))
    return found


def ask_capacity(fleet: Fleet, now: Standing, flavors: Iterable[Flavor], of: Sequence[str]) -> list[Room]:
    """Return how many more instances of each flavor fit, without image, network or group; ``of``: kinds of domains."""
    from novalite.schedule.capacity import room

    living: dict[int, list[Request]] = {}
    for request in requests_of(fleet, now.homes, now.uuids):
        living.setdefault(now.table.rows[now.homes[request.name]], []).append(request)
    for request, host in now.others:
        living.setdefault(now.table.rows[host], []).append(request)
    return [room(now.table, _request(fleet, flavor), of, living) for flavor in flavors]


def ask_survival(fleet: Fleet, snapshot: Snapshot, now: Standing) -> list[Verdict]:
    """Return the verdict on each goal of the fleet, for the hosts and instances as they are."""
    from novalite.schedule.survive import prove

    found = []
    for goal in fleet.goals:
        verdict = prove(now.table, goal, _concerned(fleet, goal, now))
        stranded = [name for name in now.stranded if _is_meant(fleet.instances[name], goal)]
        if stranded:
            verdict = attrs.evolve(verdict, state=REFUTED, reason=f"no place now for {', '.join(stranded[:5])}")
        found.append(_judged(verdict, snapshot))
    return found


def goals_of_plan(
    fleet: Fleet, snapshot: Snapshot, classified: Classified, placed: Mapping[str, str]
) -> tuple[dict[str, Any], ...]:
    """Return what a plan makes of each goal: ``placed`` is the host of each new instance."""
    if not fleet.goals:
        return ()
    from novalite.schedule.survive import prove

    before = ask_survival(fleet, snapshot, standing(fleet, snapshot))
    table = table_of(fleet, snapshot, classified)
    then = Standing(table, _homes(fleet, classified), _uuids(fleet, classified), [])
    for request in in_order(requests_of(fleet, placed, {}), table.options.policy):
        table.book(request, table.rows[placed[request.name]])
        then.homes[request.name] = placed[request.name]
    found = []
    for goal, was in zip(fleet.goals, before, strict=True):
        now = _judged(prove(table, goal, _concerned(fleet, goal, then)), snapshot)
        found.append({"goal": goal.text, "before": was.state, "after": now.state, "counter": counter_text(now)})
    return tuple(found)


def counter_text(verdict: Verdict) -> str:
    """Return why a goal does not hold, in a few words."""
    counter = verdict.counter
    if counter is None:
        return verdict.reason
    names = ", ".join(counter.instances[:5]) + (
        f" and {len(counter.instances) - 5} more" if len(counter.instances) > 5 else ""
    )
    lost = " and ".join(counter.lost)
    return f"without {lost} there is no place for {names}" + (" together" if len(counter.instances) > 1 else "")


def _judged(verdict: Verdict, snapshot: Snapshot) -> Verdict:
    """Return the verdict, weakened where hosts did not answer: what lives there, and what room they have, who knows."""
    count = len(snapshot.unknown)
    if not count:
        return verdict
    return attrs.evolve(verdict, state=NOT_PROVEN, reason=f"{count} host{' is' if count == 1 else 's are'} unknown")


def _concerned(fleet: Fleet, goal: Goal, now: Standing) -> list[tuple[Request, int]]:
    """Return the instances that a goal is about, with their rows."""
    rows, homes = now.table.rows, now.homes
    names = [name for name in homes if homes[name] in rows and _is_meant(fleet.instances[name], goal)]
    return [(request, rows[homes[request.name]]) for request in requests_of(fleet, names, now.uuids)]


def requests_of(fleet: Fleet, names: Iterable[str], uuids: Mapping[str, str]) -> list[Request]:
    """Return what instances ask, after the pre-filters, as a plan would; with their UUIDs where they exist."""
    requests = requests_from_instances((fleet.instances[name] for name in names), context_of(fleet))
    return [one._replace(uuid=uuids[one.name]) if one.name in uuids else one for one in requests]


def _is_meant(instance: Instance, goal: Goal) -> bool:
    if goal.groups:
        return instance.group is not None and instance.group.name in goal.groups
    return goal.instances != PROTECTED or instance.protect


def _homes(fleet: Fleet, classified: Classified) -> dict[str, str]:
    """Return where each instance of the fleet lives now."""
    return {
        name: holders[0].host for name, holders in classified.index.found.items() if holders and name in fleet.instances
    }


def _uuids(fleet: Fleet, classified: Classified) -> dict[str, str]:
    found = classified.index.found
    return {name: holders[0].uuid for name, holders in found.items() if holders and name in fleet.instances}


def _request(fleet: Fleet, flavor: Flavor) -> Request:
    instance = Instance(fleet.project, flavor.name, flavor, Image("", "", "", ""))
    return request_from_instance(instance, context_of(fleet))
