# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes a plan one that can only be shown: refusals as problems, and guards against losing too much. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.diff.rules import BLOCKING
from novalite.model.change import POWER_ACTIONS, Action, Change
from novalite.model.natural import natural_key
from novalite.plan import costs
from novalite.plan import problems as ids
from novalite.plan.adopt import problem_of_adopted
from novalite.plan.describe import field_text, refusal_text
from novalite.plan.usage import NO_FIT
from novalite.problem import Problem
from novalite.shared import amounts, states

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.placement import Unplaced
    from novalite.model.provider import SharingProvider
    from novalite.model.snapshot import Snapshot
    from novalite.plan.identity import Identity

_PLACE_FIELDS = frozenset({"host", "availability_zone", "group"})


def problems_of_changes(changes: Iterable[Change]) -> Iterator[Problem]:
    """Yield a problem for each change that is refused or in conflict."""
    for change in changes:
        if change.action is Action.CONFLICT:
            helps = "undefine the domain that is not the instance with virsh on its host"
            yield Problem(ids.CONFLICT, f"{change.name}: {change.reason}", change.where, help=helps)
        elif change.action is Action.REFUSED:
            yield _refused(change)


def problem_of_unplaced(change: Change, result: Unplaced, snapshot: Snapshot) -> Problem:
    """Return NoValidHost, with each rule's count and one host's numbers."""
    lines = [f"{count} refused by {name}, such as {result.examples[name]}" for name, count in result.refused.items()]
    if result.advice is not None:
        lines.append(result.advice.text)
    pin = change.desired.host if change.desired else None
    if pin is not None and pin not in snapshot.hosts:
        lost = snapshot.unknown.get(pin)
        lines.append(f"the pinned host {pin} {f'is unknown: {lost.reason}' if lost else 'is not among the hosts'}")
    elif snapshot.unknown:
        lines.append(f"{len(snapshot.unknown)} more hosts did not answer, and get nothing")
    helps = f"novalite explain {change.name}"
    summary = f"{change.name}: no valid host, {refusal_text(result)}"
    return Problem(ids.NO_VALID_HOST, summary, change.where, detail="\n".join(lines), help=helps)


def problems_of_identity(change: Change, who: Identity) -> Iterator[Problem]:
    """Yield a problem for each MAC of the fleet's choice that somebody has."""
    for mac in who.clashes:
        yield Problem(ids.MAC_TAKEN, f"{change.name}: another domain has the MAC {mac}", change.where)


@attrs.frozen(slots=True)
class Going:
    """How many instances a plan takes away: deleted, moved into the trash, deleted from the trash; or lets go of."""

    deleted: int = 0
    trashed: int = 0
    purged: int = 0
    released: int = 0


def guards(
    fleet: Fleet, snapshot: Snapshot, going: Going, *, destroy: bool, assume_empty: Iterable[str], limit: int | None
) -> Iterator[Problem]:
    """Yield a problem for each guard that says no."""
    gone = going.deleted + going.trashed
    every = gone + going.released
    if every and not fleet.instances and not destroy:
        what = "delete" if gone else "release"
        summary = f"the fleet is empty: this would {what} everything, {every} {_plural(every)} of {fleet.project}"
        yield Problem(ids.DELETES_EVERYTHING, summary, help="if that is the wish: novalite destroy")
    if limit is not None and gone + going.purged > limit:
        counts = {"deleted": going.deleted + going.purged, "moved into the trash": going.trashed}
        told = " and ".join(f"{count} {_plural(count)} would be {word}" for word, count in counts.items() if count)
        summary = f"{told}: --max-destroy allows {limit}"
        yield Problem(ids.TOO_MANY_DELETES, summary, help=f"if that is the wish: --max-destroy {gone + going.purged}")
    for name in sorted(set(assume_empty) - snapshot.unknown.keys()):
        state = "it answered" if name in snapshot.hosts else "there is no such host"
        yield Problem(ids.ASSUMED_IN_VAIN, f"--assume-empty {name}: {state}", help="leave it out, or mend the name")


# What of the costs of a change takes a running instance down, be it for a moment.
_DOWN = frozenset({"restart", "migrate", "rebuild", "destroy"})


def problems_of_down(changes: Iterable[Change], costs: Mapping[str, str], limit: int | None) -> Iterator[Problem]:
    """Yield a problem where a plan takes down more of the instances that run now than ``limit``, with their names;
    ``costs`` is the disruption of each change.
    """
    if limit is None:
        return
    down = sorted(
        (
            change.name
            for change in changes
            if change.observed is not None and change.observed.power == states.RUNNING and costs[change.name] in _DOWN
        ),
        key=natural_key,
    )
    if len(down) > limit:
        summary = f"{len(down)} running {_plural(len(down))} would be taken down, --max-down allows {limit}"
        yield Problem(
            ids.TOO_MANY_DOWN, summary, detail=", ".join(down), help=f"if that is the wish: --max-down {len(down)}"
        )


def problems_of_costs(
    changes: Sequence[Change], costs_of: Mapping[str, str], down: int | None, disruption: str
) -> Iterator[Problem]:
    """Yield the problems of --max-down and of --max-disruption."""
    yield from problems_of_down(changes, costs_of, down)
    yield from problems_of_disruption(changes, costs_of, disruption)


def problems_of_disruption(changes: Iterable[Change], costs_of: Mapping[str, str], allowed: str) -> Iterator[Problem]:
    """Yield a problem for each change that costs more than ``allowed`` (costs.ALLOWED), with what of it does."""
    for change in changes:
        if change.action not in _DISRUPTIVE:
            continue
        fields = [field for field in change.fields if costs.exceeds(costs.cost_of_field(change, field), allowed)]
        if fields:
            most = costs.worst(costs.cost_of_field(change, field) for field in fields)
            word = "restart" if most == costs.PENDING else most
            what = "; ".join(f"{field_text(field)} ({field.reason})" for field in fields)
            summary = f"{change.name}: {what}: this takes a {word}, --max-disruption allows {allowed}"
            helps = f"if that is the wish: --max-disruption {word}"
            yield Problem(ids.TOO_DISRUPTIVE, summary, change.where, help=helps)
        elif costs.exceeds(costs_of[change.name], allowed):
            summary = f"{change.name}: settling restarts it, --max-disruption allows {allowed}"
            yield Problem(ids.TOO_DISRUPTIVE, summary, change.where, help="leave out one of the two")


_DISRUPTIVE = frozenset({Action.UPDATE, Action.RENAME, Action.REBUILD, *POWER_ACTIONS})


def problems_of_shared(fleet: Fleet, snapshot: Snapshot, placed: Mapping[str, str]) -> Iterator[Problem]:
    """Yield a warning for each sharing provider that new instances take of while a host that it serves is unknown.

    ``placed``: the host of each new instance.
    """
    for provider in fleet.sharing_providers if snapshot.unknown else ():
        serves = {host for one in fleet.aggregates if one.name in provider.aggregates for host in one.hosts}
        silent = sorted(serves & snapshot.unknown.keys(), key=natural_key)
        users = [name for name, host in placed.items() if host in serves and _takes(fleet.instances[name], provider)]
        if not silent or not users:
            continue
        who = _some(sorted(users, key=natural_key))
        holds = f"{_some(silent)} hold{'s' if len(silent) == 1 else ''}"
        summary = f"{who} on {provider.name}: how much of it {holds} is unknown, and counted as nothing"
        lines = [f"{host}: {snapshot.unknown[host].reason}" for host in silent]
        helps = "plan again when every host of it answers, or make sure that there is room"
        yield Problem(ids.SHARED_UNKNOWN, summary, detail="\n".join(lines), help=helps, severity="warning")


def _takes(instance: Instance, provider: SharingProvider) -> bool:
    """Tell whether an instance asks of a class that the provider gives to its hosts."""
    asked = amounts.total_resources(instance.flavor.to_spec(), dict(instance.image.properties))
    return not asked.keys().isdisjoint(provider.inventories)


def _some(names: Sequence[str], limit: int = 3) -> str:
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")


def _refused(change: Change) -> Problem:
    adopting = problem_of_adopted(change)
    if adopting is not None:
        return adopting
    blocking = [field for field in change.fields if field.kind in BLOCKING]
    if not blocking:  # locked: none of its fields is in the way
        helps = f"novalite unlock {change.name}"
        return Problem(ids.ILLEGAL, f"{change.name}: {change.reason}", change.where, help=helps)
    paths = {field.path for field in blocking}
    number, helps = ids.REFUSED, "put the old value back, or give the instance a new name to have it made anew"
    if any(field.by_hand for field in blocking):
        number, helps = ids.CHANGED_BY_HAND, "undo it with virsh on the host"
    elif change.observed is not None and change.observed.spec.get("adopted"):
        number, helps = ids.ONLY_MARKED, "put the old value back"
    elif change.reason.startswith(NO_FIT):
        number, helps = ids.NO_ROOM_TO_GROW, "give the host more room, or the instance less: it is not moved"
    elif paths == {"power"}:
        number, helps = ids.POWER_STUCK, "do on the host what the reason says, then plan again"
    elif paths & _PLACE_FIELDS:
        number, helps = ids.WRONG_PLACE, "move it by hand (novalite explain NV0309), or change the rule"
    what = ", ".join(field_text(field) for field in blocking)
    return Problem(number, f"{change.name}: {what}", change.where, detail=change.reason, help=helps)


def _plural(count: int) -> str:
    return "instance" if count == 1 else "instances"
