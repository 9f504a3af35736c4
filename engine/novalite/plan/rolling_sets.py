# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sets a plan rolls, and how it is with each of their members. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.change import Action, Change
from novalite.model.rolling import Rolling
from novalite.plan.rolling import Member, RollingSet
from novalite.shared import states

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from novalite.diff.classify import Classified
    from novalite.model.fleet import Fleet
    from novalite.model.instance import Instance
    from novalite.model.observed import ObservedInstance
    from novalite.model.snapshot import Snapshot

_ROLLED = frozenset({"restart", "rebuild"})  # of PlannedChange.disruption: what it comes back from
_SERVES = frozenset({"ACTIVE", "VERIFY_RESIZE"})


def rolling_of(instance: Instance) -> Rolling | None:
    """Return the set that an instance is of, if it is of any; one that says nothing else of being ready goes by its
    ``wait_for``.
    """
    rolling = instance.rolling
    if rolling is None and instance.group is not None:
        rolling = instance.group.rolling
    if rolling is not None and instance.wait_for is not None and rolling.ready.is_power:
        return attrs.evolve(rolling, ready=instance.wait_for)
    return rolling


def sets_of_plan(fleet: Fleet, classified: Classified, costs: Mapping[str, str]) -> list[RollingSet]:
    """Return the sets of which this plan restarts or rebuilds members; ``costs``: the disruption of each change."""
    changes = {change.name: change for change in classified.changes}
    involved = {
        rolling.of
        for change in classified.changes
        if _rolls(change, costs) and (rolling := rolling_of(change.desired)) is not None  # type: ignore[arg-type]
    }
    found: dict[str, list[Member]] = {}
    examples: dict[str, Instance] = {}
    for name, instance in fleet.instances.items() if involved else ():
        rolling = rolling_of(instance)
        if rolling is None or rolling.of not in involved or instance.power != states.RUNNING:
            continue
        examples[rolling.of] = instance
        member = _member(name, changes.get(name), classified.index.found.get(name, ()), costs)
        found.setdefault(rolling.of, []).extend([member] if member is not None else [])
    return [_set(examples[of], found[of]) for of in sorted(found)]


def _rolls(change: Change, costs: Mapping[str, str]) -> bool:
    is_wanted = change.desired is not None and change.desired.power == states.RUNNING
    return is_wanted and change.observed is not None and costs.get(change.name) in _ROLLED


def _member(
    name: str, change: Change | None, holders: Sequence[ObservedInstance], costs: Mapping[str, str]
) -> Member | None:
    """Return how it is with one member; None for one that is new, which nobody relies on yet."""
    if not holders:
        return Member(name, is_lost=True) if change is not None and change.action is Action.UNKNOWN else None
    item = holders[0]
    is_up = _is_up(item)
    rolls = change is not None and _rolls(change, costs)
    is_raised = change is not None and any(field.path == "power" for field in change.fields)
    is_lost = item.status not in _SERVES if change is not None and change.action is Action.HELD else False
    runs = item.power == states.RUNNING
    return Member(name, item.host, item.uuid, is_up, rolls, is_lost or not (runs or rolls or is_raised))


def _is_up(item: ObservedInstance) -> bool:
    """Tell whether somebody may rely on it: what did not come up when it was waited for is down, though it runs."""
    return item.power == states.RUNNING and item.unready_reason is None


def _set(example: Instance, members: Iterable[Member]) -> RollingSet:
    rolling = rolling_of(example)
    assert rolling is not None  # noqa: S101 (it was found by it)
    policy = example.group.policy if example.group is not None else ""
    return RollingSet(rolling, tuple(members), policy)


def sets_of_verb(
    fleet: Fleet | None, snapshot: Snapshot, items: Sequence[ObservedInstance], *, rest: bool = True
) -> list[RollingSet]:
    """Return the sets of instances to which a verb is done, as their fleet says; with ``rest`` those of no set go one
    at a time.
    """
    named = {item.uuid: item for item in items}
    declared = fleet.instances if fleet is not None and items and fleet.project == items[0].project else {}
    there = {item.name: item for item in snapshot.instances() if items and item.project == items[0].project}
    involved = {
        rolling.of
        for item in items
        if item.name in declared and (rolling := rolling_of(declared[item.name])) is not None
    }
    found: dict[str, list[Member]] = {}
    examples: dict[str, Instance] = {}
    for name, instance in declared.items():
        rolling = rolling_of(instance)
        item = there.get(name)
        if rolling is None or rolling.of not in involved or instance.power != states.RUNNING:
            continue
        examples[rolling.of] = instance
        if item is None and not snapshot.unknown:
            continue  # it is yet to be made
        found.setdefault(rolling.of, []).append(
            Member(name, is_lost=True) if item is None else _of_verb(item, rolls=item.uuid in named)
        )
    sets = [_set(examples[of], found[of]) for of in sorted(found)]
    in_sets = {member.uuid for one in sets for member in one.members}
    alone = tuple(_of_verb(item, rolls=True) for item in items if rest and item.uuid not in in_sets)
    return [*sets, *([RollingSet(Rolling("those named"), alone)] if alone else [])]


def _of_verb(item: ObservedInstance, *, rolls: bool) -> Member:
    is_lost = not rolls and item.power != states.RUNNING
    return Member(item.name, item.host, item.uuid, _is_up(item), rolls, is_lost)
