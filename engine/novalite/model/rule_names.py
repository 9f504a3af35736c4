# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the scheduler's rules, for those who check names and need no rule. Pure.

Source: nova/scheduler/filters, nova/scheduler/weights (Nova 34), and the release notes of the removed ones.
"""

from __future__ import annotations

FILTERS = (
    "AggregateImagePropertiesIsolation",
    "AggregateInstanceExtraSpecsFilter",
    "AggregateIoOpsFilter",
    "AggregateMultiTenancyIsolation",
    "AggregateNumInstancesFilter",
    "AggregateTypeAffinityFilter",
    "AllHostsFilter",
    "ComputeCapabilitiesFilter",
    "ComputeFilter",
    "DifferentHostFilter",
    "ImagePropertiesFilter",
    "IoOpsFilter",
    "IsolatedHostsFilter",
    "JsonFilter",
    "MetricsFilter",
    "NUMATopologyFilter",
    "NumInstancesFilter",
    "PciPassthroughFilter",
    "SameHostFilter",
    "ServerGroupAffinityFilter",
    "ServerGroupAntiAffinityFilter",
    "SimpleCIDRAffinityFilter",
)

# On unless the fleet says otherwise. Nova enables the first five; the others say nothing unless they are asked (a hint,
# an alias, aggregate metadata).
ENABLED_FILTERS = (
    "ComputeFilter",
    "ComputeCapabilitiesFilter",
    "ImagePropertiesFilter",
    "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter",
    "DifferentHostFilter",
    "SameHostFilter",
    "SimpleCIDRAffinityFilter",
    "JsonFilter",
    "NUMATopologyFilter",
    "PciPassthroughFilter",
    "IsolatedHostsFilter",
    "AggregateInstanceExtraSpecsFilter",
    "AggregateMultiTenancyIsolation",
    "AggregateTypeAffinityFilter",
)

WEIGHERS = (
    "BuildFailureWeigher",
    "CPUWeigher",
    "CrossCellWeigher",
    "DiskWeigher",
    "HypervisorVersionWeigher",
    "ImagePropertiesWeigher",
    "IoOpsWeigher",
    "MetricsWeigher",
    "NumInstancesWeigher",
    "PCIWeigher",
    "RAMWeigher",
    "ServerGroupSoftAffinityWeigher",
    "ServerGroupSoftAntiAffinityWeigher",
)

# What Placement checks, and Nova has no filter for: always on, so they need no name in enabled_filters.
ALWAYS = (
    "HostFilter",
    "MemberOfFilter",
    "NetworksFilter",
    "ProvidersFilter",
    "ResourcesFilter",
    "TraitsFilter",
    "UnitsFilter",
)

_RATIO = "the allocation ratio of each host (novalite_inventories) says how much"

# Filters that Nova had once -> what does their work now. They may stand in enabled_filters, where they do nothing.
REMOVED_FILTERS = {
    "AggregateCoreFilter": f"vCPUs are always counted; {_RATIO}, not the aggregate's metadata",
    "AggregateDiskFilter": f"disk is always counted; {_RATIO}, not the aggregate's metadata",
    "AggregateRamFilter": f"memory is always counted; {_RATIO}, not the aggregate's metadata",
    "AvailabilityZoneFilter": "the zone that an instance asks for is always held to, before any filter",
    "CoreFilter": f"vCPUs are always counted; {_RATIO}",
    "DiskFilter": f"disk is always counted; {_RATIO}",
    "ExactCoreFilter": "vCPUs are always counted; a custom resource class makes a host exclusive",
    "ExactDiskFilter": "disk is always counted; a custom resource class makes a host exclusive",
    "ExactRamFilter": "memory is always counted; a custom resource class makes a host exclusive",
    "RamFilter": f"memory is always counted; {_RATIO}",
    "RetryFilter": "nothing is tried twice: a plan names one host, and a failed step is planned again",
    "TrustedFilter": "a trait of the hosts and trait:NAME: required in the flavor say which hosts are trusted",
    "TypeAffinityFilter": "AggregateTypeAffinityFilter keeps flavors to hosts",
}
