# SPDX-License-Identifier: GPL-3.0-or-later
"""What lives on hosts, counted on their providers. No database remembers who gives what to whom; it is worked out anew.

The rule, the same on every run from the same snapshot: instances in the order of their UUIDs, each as if it were booked
then (``search.py``); what does not fit is counted where it does least harm. What the host says it uses beyond its
instances stays with the host. Only classes that providers besides the host offer are looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.schedule.providers.grants import Take, forced, takes_of
from novalite.schedule.providers.search import solve
from novalite.schedule.providers.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.schedule.host import Resident
    from novalite.schedule.providers.state import Providers
    from novalite.schedule.request import Shape


def settle(providers: Providers) -> None:
    """Count every resident of hosts that are not plain on their providers. Before columns are made."""
    seen: set[str] = set()
    for row in providers.rows:
        residents = [resident for resident in providers.table.hosts[row].residents if resident.usage]
        for resident in residents:
            for name, amount in _concerned(providers, resident.usage).items():
                before = providers.note(row, ROOT, name, 0)
                providers.note(row, ROOT, name, -min(amount, before))
        for resident in sorted(residents, key=lambda resident: (resident.uuid, resident.name)):
            takes = _takes(providers, row, resident)
            if resident.uuid in seen:  # on two hosts, as while it is moved: on what they share it is one
                takes = tuple(take for take in takes if not providers.tree(row).nodes[take[0]].shared)
            for node, name, amount in takes:
                providers.note(row, node, name, amount)
            if resident.uuid:
                seen.add(resident.uuid)
                providers.settled[row, resident.uuid] = takes


def _takes(providers: Providers, row: int, resident: Resident) -> tuple[Take, ...]:
    usage = _concerned(providers, resident.usage)
    if resident.asks is None:
        return tuple((_loose(providers, row, name, amount), name, amount) for name, amount in usage.items())
    shape = _within(resident.asks, providers.classes, providers.table.hosts[row].traits)
    layout = providers.layout(row, shape)
    free = providers.free(row, layout)
    takes = takes_of(layout.demand, solve(layout, free).chosen or forced(layout, free))
    asked = {name for _, name, _ in takes}
    rest = {name: amount for name, amount in usage.items() if name not in asked}
    return (*takes, *((_loose(providers, row, name, amount), name, amount) for name, amount in rest.items()))


def _loose(providers: Providers, row: int, name: str, amount: int) -> int:
    """Return the first node with room for an amount of the unsuffixed group, else the one with most left."""
    nodes, usage = providers.tree(row).nodes, providers.usage(row, (name,))
    left = {
        number: nodes[number].offers[name].capacity - usage[number].get(name, 0)
        for number in providers.offering(row, name)
    }
    room = [number for number, free in left.items() if free >= amount]
    return room[0] if room else max(left, key=lambda number: left[number], default=ROOT)


def _concerned(providers: Providers, usage: Mapping[str, int]) -> dict[str, int]:
    return {name: amount for name, amount in sorted(usage.items()) if name in providers.classes}


def _within(shape: Shape, classes: frozenset[str], traits: frozenset[str]) -> Shape:
    """Return a shape that asks of some classes only, and of its own group only such traits as the host has not."""
    groups = tuple(
        attrs.evolve(group, resources=tuple((name, amount) for name, amount in group.resources if name in classes))
        for group in shape.groups
    )
    any_of = tuple(wanted for wanted in shape.any_of if not wanted & traits)
    own = tuple((name, amount) for name, amount in shape.resources if name in classes)
    return attrs.evolve(shape, resources=own, groups=groups, required=shape.required - traits, any_of=any_of)
