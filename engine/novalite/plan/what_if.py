# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan for hosts as they are not: shown, never applied. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.change import Action

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.model.plan import Plan, PlannedChange
    from novalite.model.survival import Verdict
    from novalite.schedule.what_if import Imagined


def as_what_if(plan: Plan, imagined: Imagined, before: Sequence[Verdict] = ()) -> Plan:
    """Return the plan as one that only answers a question: it has no steps, so nothing could carry it out.

    ``before``: the verdicts on the goals for the hosts as they really are.
    """
    goals = tuple({**goal, "before": was.state} for goal, was in zip(plan.goals, before, strict=True))
    changes = tuple(_from_where(change, imagined) for change in plan.changes)
    return attrs.evolve(
        plan,
        changes=changes,
        waves=(),
        relied={},
        contents={},
        secrets={},
        images={},
        what_if=imagined.said,
        goals=goals,
    )


def _from_where(change: PlannedChange, imagined: Imagined) -> PlannedChange:
    home = imagined.homes.get(change.name)
    if change.action != Action.CREATE.value or home is None:
        return change
    return attrs.evolve(change, reason=f"lived on {home}; {change.reason}")
