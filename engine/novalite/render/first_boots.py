# SPDX-License-Identifier: GPL-3.0-or-later
"""Which guests of a plan act on their seeds: the line below it. Pure.

cloud-init acts once for each instance id, which is the UUID, and keeps on the root disk that it did. So it acts in a
new instance, and again where the root disk is made anew; what changes otherwise of a seed it has read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.change import Action
from novalite.render.words import action_of, clean

if TYPE_CHECKING:
    from novalite.model.plan import Plan

_SHOWN = 6


def first_boots_of(plan: Plan) -> str | None:
    """Return the line: "First boot: seeds are read in 3 new guests, and anew in db"."""
    new = sum(action_of(change) is Action.CREATE and change.host is not None for change in plan.changes)
    again = [clean(change.name) for change in plan.changes if action_of(change) is Action.REBUILD]
    if not new and not again:
        return None
    parts = [f"in {new} new guest{'' if new == 1 else 's'}"] if new else []
    if again:
        more = f" and {len(again) - _SHOWN} more" if len(again) > _SHOWN else ""
        parts.append(f"anew in {', '.join(again[:_SHOWN])}{more}")
    return f"First boot: seeds are read {', and '.join(parts)}."
