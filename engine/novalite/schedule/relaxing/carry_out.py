# SPDX-License-Identifier: GPL-3.0-or-later
"""Relaxations carried out on a request: what it would ask then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.relaxation import OF_HOSTS, Relaxation
from novalite.schedule.relaxing.guest import family_of, with_amount, with_spec, without_family

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.schedule.request import Group, Request, Shape


# Extra specs that stand in a field of the shape too, and the field without them.
_ALSO: dict[str, dict[str, Any]] = {
    "pci_passthrough:alias": {"pci": ()},
    "group_policy": {"group_policy": "none"},
    "same_subtree": {"same_subtree": ()},
}


def relaxed(request: Request, changes: Iterable[Relaxation]) -> tuple[Request, frozenset[str]]:
    """Return the request with the changes carried out, and the rules that changes of the host satisfy instead."""
    mended = set()
    for change in changes:
        if change.kind in OF_HOSTS:
            mended.add(change.rule)
        elif change.kind == "group":
            request = request._replace(group=None)
        elif change.kind == "group_limit":
            group = None if request.group is None else attrs.evolve(request.group, max_server_per_host=change.fits)
            request = request._replace(group=group)
        else:
            request = request._replace(shape=_without(request.shape, change))
    return request, frozenset(mended)


def _without(shape: Shape, change: Relaxation) -> Shape:
    subject = change.subject
    suffix, _, inside = subject.rpartition(":")
    if change.kind == "request_group":
        return attrs.evolve(shape, groups=tuple(group for group in shape.groups if group.suffix != subject))
    if change.kind in ("amount", "trait") and suffix:
        groups = tuple(_less(group, change, inside) if group.suffix == suffix else group for group in shape.groups)
        return attrs.evolve(shape, groups=groups)
    if change.kind == "amount":
        return with_amount(shape, subject, change.fits)
    if change.kind == "pin":
        return attrs.evolve(shape, host=None)
    if change.kind == "zone":
        return attrs.evolve(shape, zone=change.fits)
    if change.kind == "hint":
        return attrs.evolve(shape, hints=tuple(hint for hint in shape.hints if hint[0] != subject))
    if change.kind in ("extra_spec", "image_property"):
        return _without_pair(shape, change)
    return _without_trait(shape, subject)


def _without_pair(shape: Shape, change: Relaxation) -> Shape:
    subject = change.subject
    if change.fits is not None:
        return with_spec(shape, subject, change.fits)
    if family_of(subject):
        return without_family(shape, subject[3:])
    if change.kind == "image_property":
        kept = tuple(pair for pair in shape.image_properties if pair[0] != subject)
        return attrs.evolve(shape, image_properties=kept)
    kept = tuple(pair for pair in shape.extra_specs if pair[0] != subject)
    return attrs.evolve(shape, extra_specs=kept, **_ALSO.get(subject, {}))


def _without_trait(shape: Shape, subject: str) -> Shape:
    return attrs.evolve(
        shape,
        required=shape.required - {subject},
        forbidden=shape.forbidden - {subject},
        root_required=shape.root_required - {subject},
        root_forbidden=shape.root_forbidden - {subject},
        any_of=tuple(some for some in shape.any_of if ",".join(sorted(some)) != subject),
    )


def _less(group: Group, change: Relaxation, subject: str) -> Group:
    if change.kind == "amount":
        return attrs.evolve(group, resources=tuple({**dict(group.resources), subject: change.fits}.items()))
    return attrs.evolve(
        group,
        required=group.required - {subject},
        forbidden=group.forbidden - {subject},
        any_of=tuple(some for some in group.any_of if ",".join(sorted(some)) != subject),
    )
