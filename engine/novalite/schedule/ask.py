# SPDX-License-Identifier: GPL-3.0-or-later
"""Flavor and image -> resources, traits and request groups: Nova's ResourceRequest. Pure.

Of the flavor's extra specs: ``resources[S]:CLASS=n``, ``trait[S]:NAME=required|forbidden``, ``group_policy``, and the
guest hardware that needs a host of its kind (``hardware.py``); of the image's properties: ``trait:NAME=required`` and
the ``hw_`` forms of hardware. S is a group's suffix. Two spellings are ours, because Nova has none for what Placement
can do: ``any_trait[S]:LABEL=A,B`` (at least one of them; the label only tells several apart) is ``required[S]=in:A,B``,
and ``same_subtree=_A,_B`` (several separated by ``;``) is ``same_subtree=_A,_B``.
Source: nova/scheduler/utils.py, ResourceRequest.from_request_spec.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from novalite.schedule.hardware import traits_of_hardware
from novalite.shared import amounts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.flavor import Flavor

Resources = tuple[tuple[str, int], ...]
# Extra specs without a scope that are no wish for aggregates or hosts' attributes.
OWN_KEYS = frozenset({"group_policy", "same_subtree", "hide_hypervisor_id"})
GROUP_POLICIES = ("none", "isolate")

_TRAIT = re.compile(rf"trait({amounts.SUFFIX})?:(.*)")
_ANY_OF = re.compile(rf"any_trait({amounts.SUFFIX})?:(.*)")


@attrs.frozen(slots=True)
class Group:
    """A suffixed request group (``resources_GPU:VGPU=1``): one provider gives all of it, and has the traits."""

    suffix: str
    resources: Resources = ()
    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    any_of: tuple[frozenset[str], ...] = ()  # of each set at least one


@attrs.frozen(slots=True)
class Ask:
    """What is asked of a host: the unsuffixed group, and the suffixed ones in the order of their suffixes."""

    own: Group = Group("")
    groups: tuple[Group, ...] = ()
    group_policy: str = "none"
    same_subtree: tuple[frozenset[str], ...] = ()


def ask_from(flavor: Flavor, properties: Mapping[str, str]) -> Ask:
    """Return what an instance of the flavor asks, whose image has these properties; what cannot be read is left out."""
    spec = flavor.to_spec()
    specs = flavor.extra_specs
    parts: dict[str, _Parts] = {}
    properties = dict(properties)
    for suffix, found in amounts.resources_by_group(spec, properties).items():
        _part(parts, suffix).resources = tuple(sorted(found.items()))
    _read_traits(parts, specs)
    own = _part(parts, "")
    own.required |= {
        key.removeprefix("trait:")
        for key, value in properties.items()
        if key.startswith("trait:") and value == "required"
    }
    required, forbidden = traits_of_hardware(spec, properties)
    own.required |= required
    own.forbidden |= forbidden
    groups = [parts[suffix].group(suffix) for suffix in sorted(parts)]
    policy = specs.get("group_policy", "none")
    return Ask(
        own=groups[0],
        groups=tuple(groups[1:]),
        group_policy=policy if policy in GROUP_POLICIES else "none",
        same_subtree=subtrees_from(specs.get("same_subtree", "")),
    )


def subtrees_from(text: str) -> tuple[frozenset[str], ...]:
    """Return the sets of suffixes that ``same_subtree`` names."""
    sets = [frozenset(words_of(part)) for part in text.split(";")]
    return tuple(one for one in sets if one)


def words_of(text: str) -> list[str]:
    """Return the words of a comma list."""
    return [word.strip() for word in text.split(",") if word.strip()]


@attrs.define(slots=True)
class _Parts:
    """A group while it is put together."""

    resources: Resources = ()
    required: set[str] = attrs.field(factory=set)
    forbidden: set[str] = attrs.field(factory=set)
    any_of: list[frozenset[str]] = attrs.field(factory=list)

    def group(self, suffix: str) -> Group:
        return Group(suffix, self.resources, frozenset(self.required), frozenset(self.forbidden), tuple(self.any_of))


def _part(parts: dict[str, _Parts], suffix: str | None) -> _Parts:
    return parts.setdefault(suffix or "", _Parts())


def _read_traits(parts: dict[str, _Parts], specs: Mapping[str, str]) -> None:
    for key in sorted(specs):
        value = specs[key]
        if (match := _ANY_OF.fullmatch(key)) is not None and words_of(value):
            _part(parts, match.group(1)).any_of.append(frozenset(words_of(value)))
        elif (match := _TRAIT.fullmatch(key)) is None:
            continue
        elif value == "required":
            _part(parts, match.group(1)).required.add(match.group(2))
        elif value == "forbidden":
            _part(parts, match.group(1)).forbidden.add(match.group(2))
