# SPDX-License-Identifier: GPL-3.0-or-later
"""Observed instances x a verb -> Plan: one line and one step for each, by the path of every other plan. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.model.plan import Plan, PlannedChange
from novalite.plan import problems as ids
from novalite.plan.draft import STOP_TIMEOUT_S, draft_of_action
from novalite.plan.order import order
from novalite.plan.relied import relied_on
from novalite.problem import Problem
from novalite.shared import canonical, states, transitions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.model.observed import ObservedInstance
    from novalite.model.snapshot import Snapshot
    from novalite.model.verb import Verb


def plan_verb(
    snapshot: Snapshot,
    items: Sequence[ObservedInstance],
    verb: Verb,
    *,
    hard: bool = False,
    timeout_s: int = STOP_TIMEOUT_S,
) -> Plan:
    """Return the plan that does it to instances of one project.

    Where it is not legal in an instance's state (Nova's table), the plan is errored and says in which it would be.
    """
    lines, drafts, problems = [], [], []
    for item in items:
        reason = transitions.illegal_reason(verb.transition(hard=hard), item.power)
        if reason is not None:
            problems.append(_illegal(item, verb, str(reason)))
            lines.append(_line(item, verb, "refused", str(reason)))
            continue
        more: dict[str, Any] = {"timeout_s": timeout_s} if verb.name in ("stop", "reboot") else {}
        more |= {"hard": hard} if verb.name == "reboot" else {}
        drafts.append(draft_of_action(verb.action, item, item.name, **more))
        lines.append(_line(item, verb, verb.action.value, way_of(verb, item.power, hard=hard, timeout_s=timeout_s)))
    waves = order(drafts)
    return Plan(
        project=items[0].project,
        fleet=canonical.fingerprint({"verb": verb.name, "of": sorted(item.uuid for item in items)}),
        changes=tuple(lines),
        waves=waves,
        relied=relied_on(snapshot, waves),
        hosts=len(snapshot.hosts),
        problems=tuple(problems),
    )


def way_of(verb: Verb, power: str, *, hard: bool, timeout_s: int) -> str:
    """Return how it is done, as far as that is not in the verb's name: how a guest is powered off."""
    if verb.name not in ("stop", "reboot") or states.is_off(power):
        return "asked for"
    if hard or timeout_s == 0 or power in (states.PAUSED, states.ASLEEP):
        return "asked for; its power is taken away at once"
    return f"asked for; by its power button, and after {timeout_s} s its power is taken away"


def _line(item: ObservedInstance, verb: Verb, action: str, reason: str) -> PlannedChange:
    goal = transitions.TRANSITIONS[verb.name].goal
    field = {"path": "power", "before": item.power, "after": goal, "class": "in place", "reason": reason}
    leaves = verb.name in ("stop", "reboot", "pause", "suspend")
    return PlannedChange(
        action=action,
        name=item.name,
        host=item.host,
        uuid=item.uuid,
        summary=f"{item.spec['flavor'].get('name', 'instance')} on {item.host}, {item.power} -> {goal}",
        reason=reason,
        disruption="restart" if leaves and action != "refused" else "none",
        fields=(field,),
    )


def _illegal(item: ObservedInstance, verb: Verb, reason: str) -> Problem:
    return Problem(ids.ILLEGAL, f"{item.name}: {verb.name} is not possible: {reason}", help=f"novalite get {item.name}")
