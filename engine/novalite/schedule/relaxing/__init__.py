# SPDX-License-Identifier: GPL-3.0-or-later
"""What would let each filter pass on one host, by the filter's name.

To add one: a function that takes what is asked and a row that its filter refuses, and its row in ``RULES``. It returns
the changes that are all needed there; none where no change of its kind is enough. ``relaxed`` (carry_out.py) carries
them out on a request. A filter without a row cannot be relaxed (``NOT_RELAXED`` says why): a host that it refuses is
never advised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.schedule.relaxing import hosts, topology, trees, wishes
from novalite.schedule.relaxing.amounts import OWN, amounts, shares
from novalite.schedule.relaxing.asked import Asked, Found
from novalite.schedule.relaxing.carry_out import relaxed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["NOT_RELAXED", "RULES", "Asked", "Rule", "relaxed", "shares"]


@attrs.frozen(slots=True)
class Rule:
    """How one filter is relaxed: the kind of change (what it costs at least), and the change on one host.

    ``last``: what the others change may be enough for it, and it is asked for what is missing then; it may have several
    ways out, so it costs nothing at least.
    """

    kind: str
    relax: Callable[[Asked, int], Found]
    last: bool = False


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
    "ProvidersFilter": Rule("amount", trees.relax, last=True),
    "NUMATopologyFilter": Rule("amount", topology.relax, last=True),
}
NOT_RELAXED: Mapping[str, str] = {
    "AllHostsFilter": "it refuses nothing",
    "MetricsFilter": "a host lacks a metric that the options weigh by: it is no instance's wish",
}
