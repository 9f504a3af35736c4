# SPDX-License-Identifier: GPL-3.0-or-later
"""ProvidersFilter: which wish of a request group, or of all of them, is in the way of a host's providers.

What may be given up: amounts, of the unsuffixed group and of each other one; traits, of each; a whole request group;
``group_policy: isolate``; ``same_subtree``. A whole group goes only where no two of the others are enough.
``NOT_GIVEN_UP`` says what is not, and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.relaxation import Relaxation
from novalite.schedule.providers.demand import demand_of
from novalite.schedule.providers.layout import layout_of
from novalite.schedule.providers.search import solve
from novalite.schedule.relaxing.amounts import less
from novalite.schedule.relaxing.carry_out import relaxed
from novalite.schedule.relaxing.guest import is_possible
from novalite.schedule.relaxing.smallest import Dial, smallest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from novalite.schedule.providers.tree import Tree
    from novalite.schedule.relaxing.asked import Asked, Found
    from novalite.schedule.request import Group, Shape

_RULE = "ProvidersFilter"
NOT_GIVEN_UP = {
    "a class of the unsuffixed group": "CPUs, memory and disk are the instance itself; of any class less can be asked",
    "that one class comes whole from one provider": "Placement gives it so: ask it in several request groups instead",
    "traits that pre-filters ask of the host": "TraitsFilter compares those, and has relaxations of its own",
}


def relax(asked: Asked, row: int) -> Found:
    """Return the changes by which some choice of providers gives what is left to ask; none where none is known."""
    state = asked.table.providers
    layout = state.layout(row, asked.shape)
    free, usage = state.free(row, layout), state.usage(row, layout.demand.total)
    known: dict[object, Found] = asked.table.keep("relaxed providers", dict)
    key = (asked.shape, layout.tree, tuple(free))
    if key not in known:

        def fits(changes: Found) -> bool:
            changed = layout_of(layout.tree, demand_of(relaxed(asked.request, changes)[0].shape))
            return solve(changed, changed.free(usage)).chosen is not None

        shape = asked.shape
        known[key] = smallest(list(_wishes(shape)), list(_dials(shape, layout.tree)), fits, list(_groups(shape)))
    return known[key]


def _wishes(shape: Shape) -> Iterator[Relaxation]:
    yield from _traits("", shape.required, (), shape.any_of)
    yield from _traits("", (), shape.forbidden, ())
    for group in shape.groups:
        yield from _traits(group.suffix, group.required, group.forbidden, group.any_of)
    if shape.group_policy == "isolate" and len(shape.groups) > 1:
        yield _spec("group_policy", "isolate", "without the extra spec group_policy: isolate")
    if shape.same_subtree:
        said = shape.specs.get("same_subtree", "")
        yield _spec("same_subtree", said, f"without the extra spec same_subtree{': ' + said if said else ''}")


def _groups(shape: Shape) -> Iterator[Relaxation]:
    for group in shape.groups:
        text = f"without request group {group.suffix}{_amounts(group)}"
        yield Relaxation("request_group", _RULE, group.suffix, text, dict(group.resources), None)


def _spec(key: str, said: str, text: str) -> Relaxation:
    return Relaxation("extra_spec", _RULE, key, text, said, None)


def _amounts(group: Group) -> str:
    asked = ", ".join(f"{amount} {name}" for name, amount in group.resources)
    return f" ({asked})" if asked else ""


def _traits(
    suffix: str, required: Iterable[str], forbidden: Iterable[str], any_of: Iterable[frozenset[str]]
) -> Iterator[Relaxation]:
    where = f" of request group {suffix}" if suffix else ""
    for trait in sorted(required):
        yield _trait(suffix, trait, f"without the required trait {trait}{where}")
    for trait in sorted(forbidden):
        yield _trait(suffix, trait, f"with the forbidden trait {trait} allowed{where}")
    for some in sorted(any_of, key=sorted):
        names = sorted(some)
        yield _trait(suffix, ",".join(names), f"without any of the traits {', '.join(names)}{where}")


def _trait(suffix: str, names: str, text: str) -> Relaxation:
    return Relaxation("trait", _RULE, f"{suffix}:{names}" if suffix else names, text, names, None)


def _dials(shape: Shape, tree: Tree) -> Iterator[Dial]:
    for suffix, resources in (("", shape.resources), *((group.suffix, group.resources) for group in shape.groups)):
        for name, wanted in resources:
            units = {
                (held.min_unit, held.max_unit, held.step_size)
                for node in tree.nodes
                if (held := node.offers.get(name)) is not None
            }
            grids: list[Sequence[int]] = []
            for low, high, step in sorted(units):
                first = -(-max(low, 1) // step) * step
                grid = range(first, min(high, wanted - 1) + 1, step)
                if not suffix and shape.topology is not None:
                    grids.append([amount for amount in grid if is_possible(shape, name, amount)])
                else:
                    grids.append(grid)
            if any(len(grid) for grid in grids):
                yield _dial(suffix, name, wanted, grids)


def _dial(suffix: str, name: str, wanted: int, grids: Iterable[Sequence[int]]) -> Dial:
    return Dial(tuple(grids), lambda fits: less(_RULE, name, wanted, fits, suffix))
