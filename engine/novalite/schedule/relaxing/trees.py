# SPDX-License-Identifier: GPL-3.0-or-later
"""ProvidersFilter: which wish of a request group, or of all of them, is in the way of a host's providers.

What may be given up: amounts, of the unsuffixed group and of each other one; traits, of each; a whole request group;
``group_policy: isolate``; ``same_subtree``. A whole group goes only where no two of the others are enough.
``NOT_GIVEN_UP`` says what is not, and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.relaxation import Relaxation
from novalite.schedule.providers.demand import demand_of
from novalite.schedule.providers.layout import layout_of
from novalite.schedule.providers.search import solve
from novalite.schedule.relaxing.amounts import less
from novalite.schedule.relaxing.carry_out import relaxed
from novalite.schedule.relaxing.guest import is_possible
from novalite.schedule.relaxing.smallest import Dial, remembered, smallest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from novalite.schedule.providers.tree import Tree, Usage
    from novalite.schedule.relaxing.asked import Asked, Found
    from novalite.schedule.request import Group, Request, Shape

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
    tried = _Tried(asked.request, layout.tree, state.usage(row, layout.demand.total))
    return remembered(asked, "providers", (layout.tree, *state.free(row, layout)), tried.smallest)


@attrs.frozen(slots=True)
class _Tried:
    """A request on the providers of one host, as they are now."""

    request: Request
    tree: Tree
    usage: Usage

    def fits(self, changes: Found) -> bool:
        """Tell whether the request would be served with changes."""
        return self._serves(relaxed(self.request, changes)[0].shape)

    def smallest(self) -> Found:
        """Return the smallest changes: of each group by itself, where several cannot be served whatever the others ask.

        Where that is not enough for them together, of all.
        """
        shape = self.request.shape
        alone = [_only(shape, group) for group in ("", *(group.suffix for group in shape.groups))]
        wrong = [part for part in alone if not self._serves(part)]
        if len(wrong) > 1:
            found = [_Tried(self.request._replace(shape=part), self.tree, self.usage)._of(part) for part in wrong]
            together = tuple(change for changes in found for change in changes)
            if all(found) and self.fits(together):
                return together
        return self._of(shape)

    def _of(self, shape: Shape) -> Found:
        return smallest(_wishes(shape), _dials(shape, self.tree), self.fits, _groups(shape))

    def _serves(self, shape: Shape) -> bool:
        layout = layout_of(self.tree, demand_of(shape))
        return solve(layout, layout.free(self.usage)).chosen is not None


def _only(shape: Shape, suffix: str) -> Shape:
    """Return what one group asks of providers, without all others."""
    if not suffix:
        return attrs.evolve(shape, groups=(), same_subtree=())
    groups = tuple(group for group in shape.groups if group.suffix == suffix)
    none = frozenset[str]()
    return attrs.evolve(shape, groups=groups, same_subtree=(), resources=(), required=none, forbidden=none, any_of=())


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
