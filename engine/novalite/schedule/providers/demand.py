# SPDX-License-Identifier: GPL-3.0-or-later
"""Demand: a request as slots, each of which one provider fills. Pure.

A suffixed group is one slot. Of the unsuffixed group each resource class is one, because different providers may give
different classes, but one class comes whole from one provider.
Source: placement/objects/allocation_candidate.py (_alloc_candidates_multiple_providers, ..._single_provider).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

from novalite.schedule.providers.assignment import UNSUFFIXED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.schedule.providers.tree import Node
    from novalite.schedule.request import Group, Shape

Traits = frozenset[str]


@attrs.frozen(slots=True)
class Slot:
    """What one provider must have. ``any_of`` holds required traits too, each in a set of its own."""

    suffix: str
    amounts: tuple[tuple[str, int], ...]
    any_of: tuple[Traits, ...] = ()
    forbidden: Traits = frozenset()
    alone: bool = False  # no other such slot on the same provider

    def suits(self, node: Node) -> bool:
        """Tell whether a provider may fill it, however empty: its traits and the units of its inventories."""
        if self.forbidden & node.traits or not all(traits & node.traits for traits in self.any_of):
            return False
        offers = node.offers
        return all(
            name in offers
            and offers[name].min_unit <= amount <= offers[name].max_unit
            and amount % offers[name].step_size == 0
            for name, amount in self.amounts
        )


@attrs.frozen(slots=True)
class Demand:
    """All slots of a shape; ``together`` are required traits (any-of sets) that the unsuffixed slots bring jointly."""

    slots: tuple[Slot, ...]
    together: tuple[Traits, ...] = ()
    subtrees: tuple[frozenset[int], ...] = ()  # numbers of slots that share an ancestor among their providers
    total: Mapping[str, int] = attrs.field(factory=dict)  # by resource class, over all slots
    traits: Traits = frozenset()  # all that are named


def demand_of(shape: Shape) -> Demand:
    """Return the slots of a shape. Amounts of zero ask for nothing.

    Unlike Placement, ``isolate`` does not count groups that take no resources: they only point at a provider.
    """
    slots = [
        Slot(UNSUFFIXED, ((name, amount),), forbidden=shape.forbidden) for name, amount in shape.resources if amount
    ]
    together = _sets(shape.required, shape.any_of) if slots else ()
    numbers = {group.suffix: number for number, group in enumerate(shape.groups, len(slots))}
    slots += [_slot(group, isolate=shape.group_policy == "isolate") for group in shape.groups]
    wanted = (frozenset(numbers[suffix] for suffix in names if suffix in numbers) for names in shape.same_subtree)
    total: Counter[str] = Counter()
    for slot in slots:
        total.update(dict(slot.amounts))
    named = [traits for slot in slots for traits in (*slot.any_of, slot.forbidden)]
    return Demand(
        slots=tuple(slots),
        together=together,
        subtrees=tuple(numbers for numbers in wanted if len(numbers) > 1),
        total=dict(total),
        traits=frozenset().union(*named, *together),
    )


def _slot(group: Group, *, isolate: bool) -> Slot:
    amounts = tuple((name, amount) for name, amount in group.resources if amount)
    return Slot(
        group.suffix, amounts, _sets(group.required, group.any_of), group.forbidden, alone=isolate and bool(amounts)
    )


def _sets(required: Traits, any_of: tuple[Traits, ...]) -> tuple[Traits, ...]:
    return (*(frozenset({trait}) for trait in sorted(required)), *any_of)
