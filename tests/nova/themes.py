# SPDX-License-Identifier: GPL-3.0-or-later
"""All themes with the rules that they are about, and the questions made of them."""

from __future__ import annotations

from collections.abc import Callable

import attrs
from nova import filter_themes as of_filters
from nova import weigher_themes as of_weighers
from nova.case import Case, member_uuid
from nova.draw import Parts, Random, host, names

from novalite.schedule.host import Host, Resident
from novalite.schedule.options import Options
from novalite.schedule.request import Request, Shape

RESOURCES = (("DISK_GB", 10), ("MEMORY_MB", 1024), ("VCPU", 2))
AMOUNTS = ("RAMWeigher", "CPUWeigher", "DiskWeigher", "IoOpsWeigher", "NumInstancesWeigher")
Theme = tuple[Callable[[Random, list[str]], Parts], tuple[str, ...], tuple[str, ...]]
THEMES: dict[str, Theme] = {
    "compute": (of_filters.compute, ("ComputeFilter", "AllHostsFilter"), AMOUNTS),
    "capabilities": (of_filters.capabilities, ("ComputeCapabilitiesFilter",), ()),
    "attributes": (of_filters.attributes, ("ComputeCapabilitiesFilter",), ("HypervisorVersionWeigher",)),
    "unscoped": (of_filters.unscoped, ("ComputeCapabilitiesFilter", "AggregateInstanceExtraSpecsFilter"), ()),
    "image properties": (of_filters.image_properties, ("ImagePropertiesFilter",), ("HypervisorVersionWeigher",)),
    "groups": (
        of_filters.groups,
        ("ServerGroupAntiAffinityFilter", "ServerGroupAffinityFilter"),
        ("ServerGroupSoftAffinityWeigher", "ServerGroupSoftAntiAffinityWeigher"),
    ),
    "hosts of others": (of_filters.hosts_of_others, ("DifferentHostFilter", "SameHostFilter"), ()),
    "cidr": (of_filters.cidr, ("SimpleCIDRAffinityFilter",), ()),
    "limits": (
        of_filters.limits,
        ("NumInstancesFilter", "AggregateNumInstancesFilter", "IoOpsFilter", "AggregateIoOpsFilter"),
        ("IoOpsWeigher", "NumInstancesWeigher"),
    ),
    "isolated": (of_filters.isolated, ("IsolatedHostsFilter",), ()),
    "aggregate extra specs": (of_filters.aggregate_extra_specs, ("AggregateInstanceExtraSpecsFilter",), ()),
    "aggregate images": (of_filters.aggregate_images, ("AggregateImagePropertiesIsolation",), ()),
    "tenants": (of_filters.tenants, ("AggregateMultiTenancyIsolation",), ()),
    "flavors": (of_filters.flavors, ("AggregateTypeAffinityFilter",), ()),
    "json": (of_filters.json_query, ("JsonFilter",), ()),
    "devices": (of_filters.devices, ("PciPassthroughFilter",), ("PCIWeigher",)),
    "metrics": (of_filters.metrics, ("MetricsFilter",), ("MetricsWeigher",)),
    "multipliers": (
        of_weighers.multipliers,
        (),
        (*AMOUNTS, "BuildFailureWeigher", "HypervisorVersionWeigher", "ServerGroupSoftAffinityWeigher",
         "ServerGroupSoftAntiAffinityWeigher", "CrossCellWeigher"),
    ),
    "guests' images": (of_weighers.guests_images, (), ("ImagePropertiesWeigher",)),
}  # fmt: skip


def case(theme: str, seed: int) -> Case:
    """Return one question of a theme."""
    rng = Random(f"{theme}/{seed}")
    make, filters, weighers = THEMES[theme]
    hosts = names(rng)
    parts = make(rng, hosts)
    of_host = parts.get("host", lambda _: {})
    defaults: Parts = {"resources": RESOURCES, "flavor": "small", "image": "i1", "project": "shop"}
    shape = Shape(**{**defaults, **parts.get("shape", {})})
    members = parts.get("members", {})
    return Case(
        theme=theme,
        hosts=tuple(_with_members(host(rng, name, **of_host(name)), members) for name in hosts),
        request=Request("web-0", shape, **parts.get("request", {})),
        filters=filters,
        weighers=weighers,
        aggregates=parts.get("aggregates", ()),
        options=parts.get("options", Options()),
        members=members,
    )


def _with_members(made: Host, members: dict[str, dict[str, int]]) -> Host:
    guests = [
        Resident(f"{group}-{made.name}-{index}", member_uuid(group, made.name, index))
        for group, counts in members.items()
        for index in range(counts.get(made.name, 0))
    ]
    return attrs.evolve(made, residents=(*made.residents, *guests)) if guests else made
