# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fleet declares to survive. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.survival import ALL, HOST, ZONE, Goal
from novalite.spec import ids
from novalite.spec.suggest import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.model.aggregate import Aggregate
    from novalite.spec.context import Context


def build_goals(context: Context, aggregates: Iterable[Aggregate]) -> tuple[Goal, ...]:
    """Return the goals in the order in which they are written."""
    keys = {key for aggregate in aggregates for key in aggregate.metadata}
    found = []
    for number, entry in enumerate(context.declared.value.get("survive") or ()):
        path = ("survive", number)
        before = len(context.problems)
        for index, group in enumerate(entry.get("groups", ())):
            context.check_reference("server_groups", group, (*path, "groups", index))
        domain = entry["of"]
        if domain not in (HOST, ZONE) and domain not in keys and not context.was_dropped("aggregates"):
            near = did_you_mean(domain, [HOST, ZONE, *sorted(keys)])
            summary = f'no aggregate has metadata with the key "{shown(domain)}"{near}'
            context.add(ids.NO_DOMAIN, summary, (*path, "of"), help="host, zone, or a key whose values are the domains")
        if "groups" in entry and "instances" in entry:
            context.add(ids.GOAL_TWICE, "groups and instances both say which instances", path, help="take one away")
        if not context.has_problem_since(before):
            groups = tuple(sorted(entry.get("groups", ())))
            found.append(Goal(domain, entry.get("lose", 1), groups, entry.get("instances", ALL)))
    return tuple(found)
