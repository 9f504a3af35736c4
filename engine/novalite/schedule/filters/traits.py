# SPDX-License-Identifier: GPL-3.0-or-later
"""TraitsFilter: every required trait is there, of each any-of set one, and no forbidden one.

What the shape asks of the root is looked for on the host itself. The rest is Placement's unsuffixed group: where the
host alone gives all of it, its own traits count; where providers in it or shared by it may give a part, this filter
only asks whether the trait is anywhere in the tree, and ProvidersFilter says the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.host import Host
    from novalite.schedule.request import Request, Shape
    from novalite.schedule.table import HostTable, Mask

NAME = "TraitsFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether any trait is required or forbidden."""
    shape = request.shape
    return bool(shape.required or shape.forbidden or shape.any_of or shape.root_required or shape.root_forbidden)


def about(request: Request) -> object:
    """Return what is looked at: the traits, and of what they may be a part."""
    shape = request.shape
    names = tuple([name for name, _ in shape.resources])
    return (shape.required, shape.forbidden, shape.any_of, shape.root_required, shape.root_forbidden, names)


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts whose traits are as asked."""
    shape = request.shape
    found = np.ones(len(table), dtype=np.bool_)
    for trait in shape.root_required:
        found &= _holders(table, trait)
    for trait in shape.root_forbidden:
        found &= ~_holders(table, trait)
    spread = _spread(table, request)
    for traits in _sets(shape):
        found &= _any_holder(table, traits) | (spread & _any_holder(table, traits, inside=True))
    for trait in shape.forbidden:
        found &= ~_holders(table, trait) | spread
    return found


def why(table: HostTable, request: Request, row: int) -> str:
    """Return which traits are missing or too many."""
    wrong = wrong_on(table, request, row)
    parts = [f"lacks {trait}" for trait in sorted(wrong.missing)]
    parts += [f"lacks each of {', '.join(sorted(traits))}" for traits in wrong.none_of]
    parts += [f"has {trait}, which is forbidden" for trait in sorted(wrong.unwanted)]
    return ", ".join(parts) or "has what is required and nothing forbidden"


@attrs.frozen(slots=True)
class Wrong:
    """What a host is refused by: traits that it lacks, sets of which it has none, traits that it must not have."""

    missing: frozenset[str]
    none_of: tuple[frozenset[str], ...]
    unwanted: frozenset[str]


def wrong_on(table: HostTable, request: Request, row: int) -> Wrong:
    """Return what one host is refused by; empty where it passes."""
    shape, own = request.shape, table.hosts[row].traits
    spread = bool(_spread(table, request)[row])
    has = own | _inside(table, row) if spread else own
    return Wrong(
        missing=(shape.required - has) | (shape.root_required - own),
        none_of=tuple(traits for traits in shape.any_of if not traits & has),
        unwanted=(shape.root_forbidden & own) | (frozenset() if spread else shape.forbidden & own),
    )


def _sets(shape: Shape) -> list[frozenset[str]]:
    return [frozenset({trait}) for trait in sorted(shape.required)] + list(shape.any_of)


def _spread(table: HostTable, request: Request) -> Mask:
    """Return the hosts on which another provider may give a part of the unsuffixed group."""
    found = np.zeros(len(table), dtype=np.bool_)
    for name, _ in request.shape.resources:
        if name in table.providers.classes:
            found |= table.mask("offered beside the host", name, lambda host: name in _classes(table, host))  # noqa: B023
    return found


def _any_holder(table: HostTable, traits: frozenset[str], *, inside: bool = False) -> Mask:
    found = np.zeros(len(table), dtype=np.bool_)
    for trait in sorted(traits):
        found |= _holders(table, trait)
        if inside and not table.providers.is_plain.all():
            rows = table.rows
            found |= table.mask("beside the host", trait, lambda host: trait in _inside(table, rows[host.name]))  # noqa: B023
    return found


def _holders(table: HostTable, trait: str) -> Mask:
    return table.mask(NAME, trait, lambda host: trait in host.traits)


def _inside(table: HostTable, row: int) -> frozenset[str]:
    """Return the traits of a host's providers but the host itself."""
    providers = table.providers
    if providers.is_plain[row]:
        return frozenset()
    return frozenset().union(*(node.traits for node in providers.tree(row).nodes[1:]))


def _classes(table: HostTable, host: Host) -> frozenset[str]:
    row = table.rows[host.name]
    return frozenset() if table.providers.is_plain[row] else table.providers.tree(row).classes()
