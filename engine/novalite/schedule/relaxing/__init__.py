# SPDX-License-Identifier: GPL-3.0-or-later
"""What would let each filter pass on one host, by the filter's name.

To add one: a function that takes what is asked and a row that its filter refuses, and its row in ``RULES``. It returns
the changes that are all needed there; none where no change of its kind is enough. ``relaxed`` carries the changes out
on a request. A filter without a row cannot be relaxed: a host that it refuses is never advised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.relaxation import OF_HOSTS, Relaxation
from novalite.schedule.relaxing import hosts, wishes
from novalite.schedule.relaxing.amounts import OWN, amounts, shares
from novalite.schedule.relaxing.asked import Asked, Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from novalite.schedule.request import Request, Shape

__all__ = ["RULES", "Asked", "Rule", "relaxed", "shares"]


@attrs.frozen(slots=True)
class Rule:
    """How one filter is relaxed: the kind of change (what it costs at least), and the change on one host."""

    kind: str
    relax: Callable[[Asked, int], Found]


RULES: Mapping[str, Rule] = {
    **{name: Rule("amount", amounts(name)) for name in (*OWN, "ResourcesFilter", "UnitsFilter")},
    "HostFilter": Rule("pin", wishes.pin),
    "AvailabilityZoneFilter": Rule("zone", wishes.zone),
    "TraitsFilter": Rule("trait", wishes.traits),
    "ServerGroupAntiAffinityFilter": Rule("group_limit", wishes.group_limit),
    "ServerGroupAffinityFilter": Rule("group", wishes.group),
    "DifferentHostFilter": Rule("hint", wishes.hints("DifferentHostFilter", "different_host")),
    "SameHostFilter": Rule("hint", wishes.hints("SameHostFilter", "same_host")),
    "SimpleCIDRAffinityFilter": Rule("hint", wishes.hints("SimpleCIDRAffinityFilter", "build_near_host_ip", "cidr")),
    "JsonFilter": Rule("hint", wishes.hints("JsonFilter", "query")),
    "ComputeCapabilitiesFilter": Rule("extra_spec", wishes.extra_specs("ComputeCapabilitiesFilter")),
    "AggregateInstanceExtraSpecsFilter": Rule("extra_spec", hosts.aggregate_specs),
    "PciPassthroughFilter": Rule("extra_spec", wishes.devices),
    **{
        name: Rule("image_property", wishes.image_properties(name))
        for name in ("ImagePropertiesFilter", "AggregateImagePropertiesIsolation")
    },
    "MemberOfFilter": Rule("aggregate", hosts.member_of),
    "AggregateMultiTenancyIsolation": Rule("aggregate", hosts.tenancy),
    "AggregateTypeAffinityFilter": Rule("aggregate", hosts.type_affinity),
    "IsolatedHostsFilter": Rule("host_limit", hosts.isolated),
    **{
        name: Rule("host_limit", hosts.limit(name))
        for name in ("NumInstancesFilter", "AggregateNumInstancesFilter", "IoOpsFilter", "AggregateIoOpsFilter")
    },
    "NetworksFilter": Rule("network", hosts.networks),
    "ComputeFilter": Rule("enable", hosts.enable),
}


def relaxed(request: Request, changes: Iterable[Relaxation]) -> tuple[Request, frozenset[str]]:
    """Return the request with the changes carried out, and the rules that changes of the host satisfy instead."""
    mended = set()
    for change in changes:
        if change.kind in OF_HOSTS:
            mended.add(change.rule)
        elif change.kind == "group":
            request = attrs.evolve(request, group=None)
        elif change.kind == "group_limit":
            group = None if request.group is None else attrs.evolve(request.group, max_server_per_host=change.fits)
            request = attrs.evolve(request, group=group)
        else:
            request = attrs.evolve(request, shape=_without(request.shape, change))
    return request, frozenset(mended)


def _without(shape: Shape, change: Relaxation) -> Shape:
    subject = change.subject
    if change.kind == "amount":
        amounts = {**dict(shape.resources), subject: change.fits}
        return attrs.evolve(shape, resources=tuple(amounts.items()))
    if change.kind == "pin":
        return attrs.evolve(shape, host=None)
    if change.kind == "zone":
        return attrs.evolve(shape, zone=change.fits)
    if change.kind == "hint":
        return attrs.evolve(shape, hints=tuple(hint for hint in shape.hints if hint[0] != subject))
    if change.kind == "extra_spec":
        kept = tuple(pair for pair in shape.extra_specs if pair[0] != subject)
        return attrs.evolve(shape, extra_specs=kept, pci=() if subject == "pci_passthrough:alias" else shape.pci)
    if change.kind == "image_property":
        kept = tuple(pair for pair in shape.image_properties if pair[0] != subject)
        return attrs.evolve(shape, image_properties=kept)
    return attrs.evolve(
        shape,
        required=shape.required - {subject},
        forbidden=shape.forbidden - {subject},
        root_required=shape.root_required - {subject},
        root_forbidden=shape.root_forbidden - {subject},
        any_of=tuple(some for some in shape.any_of if ",".join(sorted(some)) != subject),
    )
