# SPDX-License-Identifier: GPL-3.0-or-later
"""Observed instances x a verb -> Plan: one line and one step for each, by the path of every other plan. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.plan import Plan, PlannedChange
from novalite.plan import problems as ids
from novalite.plan.draft import draft_of_action
from novalite.plan.ends import end_of
from novalite.plan.order import order
from novalite.plan.power_off import way_off
from novalite.plan.relied import relied_on
from novalite.plan.rolling import in_waves, told
from novalite.problem import Problem
from novalite.shared import canonical, states, transitions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from novalite.model.observed import ObservedInstance
    from novalite.model.snapshot import Snapshot
    from novalite.model.verb import Verb
    from novalite.plan.draft import Draft
    from novalite.plan.rolling import RollingSet


def plan_verb(
    snapshot: Snapshot,
    items: Sequence[ObservedInstance],
    verb: Verb,
    arguments: Mapping[str, Any] | None = None,
    sets: Sequence[RollingSet] = (),
) -> Plan:
    """Return the plan that does it to instances of one project; ``arguments`` go into each step, and the members of
    ``sets`` go in waves.

    Where it is not legal in an instance's state (Nova's table), the plan is errored and says in which it would be.
    """
    said = {name: value for name, value in (arguments or {}).items() if name in verb.carries}

    def draft(item: ObservedInstance) -> Draft:
        return draft_of_action(verb.action, item, item.name, **said)

    return plan_drafts(snapshot, items, verb, draft, said=said, sets=sets)


def plan_drafts(
    snapshot: Snapshot,
    items: Sequence[ObservedInstance],
    verb: Verb,
    draft: Callable[[ObservedInstance], Draft],
    problems: Sequence[Problem] = (),
    *,
    said: Mapping[str, Any] | None = None,
    sets: Sequence[RollingSet] = (),
) -> Plan:
    """Return the plan of one step for each instance, as ``draft`` makes it; ``problems`` are those found before."""
    said = said or {}
    lines, drafts, found = [], [], list(problems)
    for item in items:
        reason = item.illegal_reason(verb.transition(said))
        if reason is not None:
            found.append(illegal(item, verb.name, reason))
            lines.append(_line(item, verb, "refused", reason))
            continue
        drafts.append(draft(item))
        end = end_of(verb.name, item, said)
        reason = _way_of(verb, item, said) if end is None else end.reason
        goal = drafts[-1].body.get("power") if end is None else end.goal
        line = _line(item, verb, verb.action.value, reason, goal)
        lines.append(line if end is None else attrs.evolve(line, destroys=end.destroys))
    found += [problem for one in sets if (problem := one.problem()) is not None]
    waves = order(in_waves(sets, drafts))
    return Plan(
        project=items[0].project,
        fleet=canonical.fingerprint({"verb": verb.name, "of": sorted(item.uuid for item in items)}),
        changes=tuple(lines),
        waves=waves,
        relied=relied_on(snapshot, waves),
        hosts=len(snapshot.hosts),
        problems=tuple(found),
        rolling=told(sets, waves),
    )


def illegal(item: ObservedInstance, verb: str, reason: str) -> Problem:
    """Return the problem of an instance in whose state a verb is not legal."""
    return Problem(ids.ILLEGAL, f"{item.name}: {verb} is not possible: {reason}", help=f"novalite get {item.name}")


def _way_of(verb: Verb, item: ObservedInstance, arguments: Mapping[str, Any]) -> str:
    """Return how it is done, as far as that is not in the verb's name: how a guest is powered off, why it is locked."""
    if arguments.get("reason"):
        return str(arguments["reason"])
    if verb.name not in ("stop", "reboot", "shelve") or states.is_off(item.power):
        return "asked for"
    return f"asked for; {way_off(item.power, 0 if arguments.get('hard') else arguments.get('timeout_s'))}"


def _line(
    item: ObservedInstance, verb: Verb, action: str, reason: str, power_after: str | None = None
) -> PlannedChange:
    goal = power_after or transitions.TRANSITIONS[verb.name].goal or item.power
    field = {"path": "power", "before": item.power, "after": goal, "class": "in place", "reason": reason}
    power = f"{item.power} -> {goal}" if goal != item.power else item.status
    return PlannedChange(
        action=action,
        name=item.name,
        host=item.host,
        uuid=item.uuid,
        summary=f"{item.spec['flavor'].get('name', 'instance')} on {item.host}, {power}",
        reason=reason,
        disruption="none" if action == "refused" else verb.disruption,
        fields=(field,) if goal != item.power or verb.name == "reboot" else (),
    )
