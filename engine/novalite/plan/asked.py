# SPDX-License-Identifier: GPL-3.0-or-later
"""What plans of one thing to do share that need the fleet (rebuild, resize, rescue): lines, problems, the plan itself.
Pure.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.change import Action
from novalite.model.plan import Plan, PlannedChange
from novalite.plan import problems_acts as ids
from novalite.plan.draft import Draft, drafts_of_delivery, facts_of_images
from novalite.plan.order import order
from novalite.plan.power_off import way_off
from novalite.plan.relied import relied_on
from novalite.plan.rolling import in_waves, told
from novalite.plan.rolling_sets import sets_of_verb
from novalite.plan.secrets import secrets_of
from novalite.plan.verb import illegal
from novalite.problem import Problem
from novalite.shared import canonical, states

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.fleet import Fleet
    from novalite.model.image import Image
    from novalite.model.instance import Instance
    from novalite.model.observed import ObservedInstance
    from novalite.model.placement import Unplaced
    from novalite.model.snapshot import Snapshot
    from novalite.plan.rolling import RollingSet


_ROLLED = (Action.REBUILD,)


@attrs.define(slots=True)
class Asked:
    """What such a plan is gathered from."""

    fleet: Fleet
    snapshot: Snapshot
    action: Action
    lines: list[PlannedChange] = attrs.field(factory=list)
    drafts: list[Draft] = attrs.field(factory=list)
    problems: list[Problem] = attrs.field(factory=list)
    images: list[Image] = attrs.field(factory=list)
    contents: dict[str, str] = attrs.field(factory=dict)
    items: list[ObservedInstance] = attrs.field(factory=list)  # to which it is done

    def refuse(self, item: ObservedInstance, problem: Problem) -> None:
        """Add an instance to which it cannot be done."""
        self.problems.append(problem)
        self.lines.append(_line(item, Action.REFUSED, item.status, problem.summary))

    def do(self, item: ObservedInstance, body: Mapping[str, Any], what: str, reason: str, **line: Any) -> None:
        """Add an instance to which it is done: the step's body, what becomes of it in a few words, and why."""
        self.items.append(item)
        self.drafts.append(Draft(item.host, self.action.value, item.name, body))
        self.lines.append(attrs.evolve(_line(item, self.action, what, reason), **line))

    def deliver(self, image: Image, item: ObservedInstance) -> None:
        """See to it that the host has an image."""
        self.images.append(image)
        self.drafts += drafts_of_delivery(image, self.snapshot.hosts[item.host])

    def carry(self, instance: Instance) -> None:
        """Take the contents along that the spec of an instance names."""
        for one in instance.contents():
            self.contents[one.sha256] = base64.b64encode(one.content).decode("ascii")

    def plan(self) -> Plan:
        """Return the plan."""
        # An image that several need is brought to a host once.
        once = {(one.host, one.action, one.name): one for one in self.drafts}
        sets = self._sets()
        self.problems += [problem for one in sets if (problem := one.problem()) is not None]
        waves = order(in_waves(sets, list(once.values())))
        of = sorted(str(line.uuid) for line in self.lines)
        return Plan(
            project=self.fleet.project,
            fleet=canonical.fingerprint({"verb": self.action.value, "of": of, "fleet": self.fleet.fingerprint}),
            changes=tuple(self.lines),
            waves=waves,
            relied=relied_on(self.snapshot, waves),
            images=facts_of_images(self.images),
            contents=dict(sorted(self.contents.items())),
            secrets=secrets_of(self.fleet, self.contents),
            hosts=len(self.snapshot.hosts),
            problems=tuple(self.problems),
            rolling=told(sets, waves),
        )

    def _sets(self) -> list[RollingSet]:
        """Return the sets of the fleet whose members come back from it, and so go in waves."""
        return sets_of_verb(self.fleet, self.snapshot, self.items, rest=False) if self.action in _ROLLED else []


def not_possible(item: ObservedInstance, verb: str) -> Problem | None:
    """Return the problem of an instance in whose state it is not legal, or None."""
    reason = item.illegal_reason(verb)
    return None if reason is None else illegal(item, verb, reason)


def undeclared(item: ObservedInstance, verb: str) -> Problem:
    """Return the problem of an instance that the fleet does not declare."""
    summary = f"{item.name}: {verb} needs what the fleet says of it, and the fleet has no instance of that name"
    return Problem(ids.NOT_DECLARED, summary, help="name the fleet with --fleet, or declare the instance")


def does_not_fit(item: ObservedInstance, verb: str, result: Unplaced, becomes: Instance) -> Problem:
    """Return the problem of an instance for which there is no room on its host, with the rule and its numbers."""
    why = "; ".join(f"{name}: {result.examples.get(name, 'refused')}" for name in result.refused)
    summary = f"{item.name}: {verb} is not possible: it stays on {item.host}, which refuses it: {why}"
    return Problem(ids.NO_ROOM, summary, becomes.where, help=f"novalite capacity --flavor {becomes.flavor.name}")


def how_off(item: ObservedInstance, timeout_s: int) -> str:
    """Return how its guest is powered off, to be put behind a reason; nothing where it is off."""
    return "" if states.is_off(item.power) else f"; {way_off(item.power, timeout_s)}"


def _line(item: ObservedInstance, action: Action, what: str, reason: str) -> PlannedChange:
    flavor = item.spec["flavor"].get("name", "instance")
    return PlannedChange(action.value, item.name, item.host, item.uuid, f"{flavor} on {item.host}, {what}", reason)
