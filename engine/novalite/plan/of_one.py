# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan of one line and one step, for one instance that exists. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.model.plan import Plan, PlannedChange
from novalite.plan import problems as ids
from novalite.plan.draft import Draft
from novalite.plan.order import order
from novalite.plan.relied import relied_on
from novalite.problem import Problem
from novalite.shared import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from novalite.model.change import Action
    from novalite.model.observed import ObservedInstance
    from novalite.model.snapshot import Snapshot


def plan_of_one(
    snapshot: Snapshot,
    item: ObservedInstance,
    action: Action,
    body: Mapping[str, Any],
    reason: str,
    *,
    step: str | None = None,
    disruption: str = "none",
    destroys: Sequence[str] = (),
    problem: Problem | None = None,
) -> Plan:
    """Return the plan whose only step (of kind ``step``, or the action's) carries ``body``; with a problem it is only
    shown.
    """
    kind = step or action.value
    drafts = [] if problem else [Draft(item.host, kind, item.name, {"uuid": item.uuid, **body})]
    waves = order(drafts)
    line = PlannedChange(
        action="refused" if problem else action.value,
        name=item.name,
        host=item.host,
        uuid=item.uuid,
        summary=f"{item.spec['flavor'].get('name', 'instance')} on {item.host}, {item.status}",
        reason=reason,
        disruption="none" if problem else disruption,
        destroys=() if problem else tuple(destroys),
    )
    return Plan(
        project=item.project,
        fleet=canonical.fingerprint({"step": kind, "of": item.uuid}),
        changes=(line,),
        waves=waves,
        relied=relied_on(snapshot, waves),
        hosts=len(snapshot.hosts),
        problems=(problem,) if problem else (),
    )


def illegal_now(item: ObservedInstance, action: str) -> Problem | None:
    """Return the problem where Nova would not do this in the instance's state, else None."""
    reason = item.illegal_reason(action)
    if reason is None:
        return None
    what = action.replace("_", " ")
    return Problem(ids.ILLEGAL, f"{item.name}: {what} is not possible: {reason}", help=f"novalite get {item.name}")
