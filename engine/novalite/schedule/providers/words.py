# SPDX-License-Identifier: GPL-3.0-or-later
"""Why the providers of a host cannot serve a shape, or who would: the first group that fails, provider by provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.schedule.providers.demand import demand_of
from novalite.schedule.providers.grants import assignment_of, takes_of
from novalite.schedule.providers.layout import layout_of
from novalite.schedule.providers.search import LIMIT, solve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.schedule.providers.demand import Slot, Traits
    from novalite.schedule.providers.layout import Layout
    from novalite.schedule.providers.search import Chosen
    from novalite.schedule.providers.tree import Tree, Usage
    from novalite.schedule.request import Shape

SHOWN = 8  # providers, at most


def why(tree: Tree, usage: Usage, names: Sequence[str], shape: Shape) -> str:
    """Return the assignment, or the first group that has none, with the numbers of each provider."""
    layout = layout_of(tree, demand_of(shape))
    answer = solve(layout, layout.free(usage))
    if answer.chosen is not None:
        return str(assignment_of(layout.demand, answer.chosen, names))
    if answer.exhausted:
        return f"no assignment found in {LIMIT} steps"
    before: tuple[Layout, Chosen] | None = None
    for count in range(len(shape.groups) + 1):
        part = layout_of(tree, demand_of(attrs.evolve(shape, groups=shape.groups[:count])))
        chosen = solve(part, part.free(usage)).chosen
        if chosen is None:
            return _first_failure(part, usage, names, before)
        before = (part, chosen)
    return "the groups find providers, but not together"


def _first_failure(part: Layout, usage: Usage, names: Sequence[str], before: tuple[Layout, Chosen] | None) -> str:
    """Tell of the last group of a part: what fits without it is in ``before``."""
    slots = part.demand.slots
    if before is None:
        return _unsuffixed(part, usage, names)
    slot = slots[-1]
    taken = [dict(used) for used in usage]
    alone = _describe(part, slot, usage, names)
    if not any(_has_room(part, option_node, slot, usage) for option_node in _suiting(part, slot)):
        return f"group {slot.suffix}: {alone}"
    for node, name, amount in takes_of(before[0].demand, before[1]):
        taken[node][name] = taken[node].get(name, 0) + amount
    return f"group {slot.suffix}, beside the groups before it: {_describe(part, slot, taken, names)}" + _rules(part)


def _unsuffixed(part: Layout, usage: Usage, names: Sequence[str]) -> str:
    for slot in part.demand.slots:
        if not any(_has_room(part, node, slot, usage) for node in _suiting(part, slot)):
            return _describe(part, slot, usage, names)
    missing = [
        _one_of(traits)
        for traits in part.demand.together
        if not any(traits & part.tree.nodes[node].traits for slot in part.demand.slots for node in _suiting(part, slot))
    ]
    if missing:
        return f"no provider that could give a part of it has {', '.join(missing)}"
    return "no choice of providers has room and all of " + ", ".join(_one_of(t) for t in part.demand.together)


def _rules(part: Layout) -> str:
    rules = ["isolate: a provider for each group"] if part.demand.slots[-1].alone else []
    rules += ["same_subtree"] if any(len(part.demand.slots) - 1 in numbers for numbers in part.demand.subtrees) else []
    return f" ({', '.join(rules)})" if rules else ""


def _suiting(part: Layout, slot: Slot) -> list[int]:
    return [number for number, node in enumerate(part.tree.nodes) if slot.suits(node)]


def _has_room(part: Layout, number: int, slot: Slot, usage: Usage) -> bool:
    offers = part.tree.nodes[number].offers
    return all(offers[name].fits(usage[number].get(name, 0), amount) for name, amount in slot.amounts)


def _describe(part: Layout, slot: Slot, usage: Usage, names: Sequence[str]) -> str:
    """Return what a slot asks and what each provider that comes near says to it."""
    asked = ", ".join(f"{amount} {name}" for name, amount in slot.amounts)
    wanted = (
        f"asked {asked}" if asked else "asked a provider with " + ", ".join(_one_of(traits) for traits in slot.any_of)
    )
    near = [
        number
        for number, node in enumerate(part.tree.nodes)
        if not slot.amounts or any(name in node.offers for name, _ in slot.amounts)
    ]
    if not near:
        return f"{wanted}, no provider offers it"
    told = [f"{names[number]} {_of_node(part, number, slot, usage[number])}" for number in near[:SHOWN]]
    more = [f"{len(near) - SHOWN} more"] if len(near) > SHOWN else []
    return f"{wanted}: {'; '.join(told + more)}"


def _of_node(part: Layout, number: int, slot: Slot, used: dict[str, int]) -> str:
    node = part.tree.nodes[number]
    parts = []
    for name, amount in slot.amounts:
        inventory = node.offers.get(name)
        if inventory is None:
            parts.append(f"has no {name}")
            continue
        parts.append(f"has {max(int(inventory.capacity // 1) - used.get(name, 0), 0)} {name} free")
        low, high, step = inventory.min_unit, inventory.max_unit, inventory.step_size
        if not low <= amount <= high or amount % step:
            parts.append(f"gives {low} to {high} at once, in steps of {step}")
    parts += [f"lacks {_one_of(traits)}" for traits in slot.any_of if not traits & node.traits]
    parts += [f"has {trait}, which is forbidden" for trait in sorted(slot.forbidden & node.traits)]
    return ", ".join(parts) or "would do"


def _one_of(traits: Traits) -> str:
    return " or ".join(sorted(traits))
