# SPDX-License-Identifier: GPL-3.0-or-later
"""A table of rows for each filter: host and request on the left, what it answers on the right."""

from __future__ import annotations

from typing import Any

import pytest

from builders import make_host
from novalite.model import rule_names
from novalite.model.aggregate import Aggregate
from novalite.model.server_group import ServerGroup
from novalite.schedule import filters
from novalite.schedule.request import Group, Request, Shape
from novalite.schedule.table import HostTable

SIZE = (("DISK_GB", 4), ("MEMORY_MB", 512), ("VCPU", 1))
AA = ServerGroup("g", "anti-affinity")
AA2 = ServerGroup("g", "anti-affinity", max_server_per_host=2)
TOGETHER = ServerGroup("g", "affinity")
INVENTORIES = {
    "VCPU": {"allocation_ratio": 1.5, "reserved": 1},
    "CUSTOM_GPU": {"total": 8, "step_size": 2, "min_unit": 2},
}


def table(host: dict[str, Any] | None = None, **more: Any) -> HostTable:
    """Two hosts: kvm-1 as the row says, kvm-2 as by default in zone az2."""
    return HostTable([make_host("kvm-1", **(host or {})), make_host("kvm-2", config={"zone": "az2"})], **more)


def request(*, group: ServerGroup | None = None, resources: Any = SIZE, **shape: Any) -> Request:
    return Request("web-0", Shape(resources=tuple(sorted(dict(resources).items())), **shape), group)


def rules() -> dict[str, filters.Filter]:
    return {rule.NAME: rule for rule in filters.ALL}


AGGREGATES = (Aggregate("a", ("kvm-1",), {"ssd": "true, fast"}), Aggregate("b", ("kvm-1", "kvm-2"), {"ssd": "slow"}))

# filter, host kvm-1, table, request, kvm-1 passes, kvm-2 passes, part of the reason on kvm-1
ROWS: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], bool, bool, str]] = [
    ("ComputeFilter", {}, {}, {}, True, True, "enabled"),
    ("ComputeFilter", {"config": {"enabled": False}}, {}, {}, False, True, "disabled"),
    ("HostFilter", {}, {}, {"host": "kvm-2"}, False, True, "asked kvm-2, this is kvm-1"),
    ("HostFilter", {}, {}, {"host": "kvm-9"}, False, False, "asked kvm-9"),
    ("AvailabilityZoneFilter", {"config": {"zone": "az1"}}, {}, {"zone": "az1"}, True, False, "host is in az1"),
    ("AvailabilityZoneFilter", {}, {}, {"zone": "az1"}, False, False, "host is in no zone"),
    ("AvailabilityZoneFilter", {}, {"zones": {"kvm-1": "az2"}}, {"zone": "az2"}, True, True, "host is in az2"),
    (
        "AggregateInstanceExtraSpecsFilter",
        {},
        {"aggregates": AGGREGATES},
        {"extra_specs": (("ssd", "fast"),)},
        True,
        False,
        "asked ssd=fast",
    ),
    (
        "AggregateInstanceExtraSpecsFilter",
        {},
        {"aggregates": AGGREGATES},
        {"extra_specs": (("aggregate_instance_extra_specs:ssd", "slow"),)},
        True,
        True,
        "ssd=slow",
    ),
    ("AggregateInstanceExtraSpecsFilter", {}, {}, {"extra_specs": (("ssd", "fast"),)}, False, False, "nothing of it"),
    (
        "AggregateInstanceExtraSpecsFilter",
        {},
        {"aggregates": AGGREGATES},
        {"extra_specs": (("group_policy", "isolate"), ("ssd", "fast"))},
        True,
        False,
        "asked ssd=fast; its",
    ),
    ("MemberOfFilter", {}, {"aggregates": AGGREGATES}, {"member_of": (frozenset({"a"}),)}, True, False, "is in a, b"),
    ("MemberOfFilter", {}, {"aggregates": AGGREGATES}, {"member_of": (frozenset({"a", "b"}),)}, True, True, "a or b"),
    ("MemberOfFilter", {}, {"aggregates": AGGREGATES}, {"member_of": (frozenset(),)}, False, False, "none that exists"),
    ("MemberOfFilter", {}, {}, {"not_member_of": frozenset({"a"})}, True, True, "forbidden a; the host is in no"),
    (
        "MemberOfFilter",
        {},
        {"aggregates": AGGREGATES},
        {"member_of": (frozenset({"a"}), frozenset({"b"})), "not_member_of": frozenset({"a"})},
        False,
        False,
        "asked a and b; forbidden a",
    ),
    (
        "ProvidersFilter",
        {"config": {"inventories": INVENTORIES}},
        {},
        {"groups": (Group("gpu", (("CUSTOM_GPU", 4),)), Group("more", (("CUSTOM_GPU", 4),)))},
        True,
        False,
        "group gpu: CUSTOM_GPU 4 of kvm-1; group more: CUSTOM_GPU 4 of kvm-1",
    ),
    (
        "ProvidersFilter",
        {"config": {"inventories": INVENTORIES}},
        {},
        {"groups": (Group("gpu", (("CUSTOM_GPU", 3),)),)},
        False,
        False,
        "group gpu: asked 3 CUSTOM_GPU: kvm-1 has 8 CUSTOM_GPU free, gives 2 to 8 at once, in steps of 2",
    ),
    (
        "TraitsFilter",
        {"config": {"traits": ["CUSTOM_A"]}},
        {},
        {"required": frozenset({"CUSTOM_A"})},
        True,
        False,
        "has what is required",
    ),
    ("TraitsFilter", {}, {}, {"required": frozenset({"HW_CPU_X86_AVX2"})}, False, False, "lacks HW_CPU_X86_AVX2"),
    (
        "TraitsFilter",
        {"config": {"traits": ["CUSTOM_A"]}},
        {},
        {"forbidden": frozenset({"CUSTOM_A"})},
        False,
        True,
        "has CUSTOM_A, which is forbidden",
    ),
    (
        "TraitsFilter",
        {"config": {"traits": ["CUSTOM_A"]}},
        {},
        {"any_of": (frozenset({"CUSTOM_A", "CUSTOM_B"}),)},
        True,
        False,
        "has what is required",
    ),
    ("TraitsFilter", {}, {}, {"any_of": (frozenset({"CUSTOM_B"}),)}, False, False, "lacks each of CUSTOM_B"),
    (
        "TraitsFilter",
        {"config": {"traits": ["CUSTOM_A"]}},
        {},
        {"root_forbidden": frozenset({"CUSTOM_A"})},
        False,
        True,
        "has CUSTOM_A, which is forbidden",
    ),
    (
        "TraitsFilter",
        {"config": {"traits": ["CUSTOM_A"]}},
        {},
        {"root_required": frozenset({"CUSTOM_A"})},
        True,
        False,
        "has what is required",
    ),
    (
        "TraitsFilter",
        {"firmwares": ["bios"]},
        {},
        {"required": frozenset({"COMPUTE_FIRMWARE_UEFI"})},
        False,
        True,
        "lacks COMPUTE_FIRMWARE_UEFI",
    ),
    (
        "NetworksFilter",
        {},
        {},
        {"networks": frozenset({("libvirt", "default"), ("bridge", "br0")})},
        True,
        True,
        "every network",
    ),
    ("NetworksFilter", {"bridges": []}, {}, {"networks": frozenset({("bridge", "br0")})}, False, True, "bridge br0"),
    (
        "NetworksFilter",
        {"networks": {"default": {"active": False}}},
        {},
        {"networks": frozenset({("libvirt", "default")})},
        False,
        True,
        "no active network default",
    ),
    # (4 - 1) x 1.5 = 4.5: four fit, five do not.
    ("CoreFilter", {"config": {"inventories": INVENTORIES}}, {}, {"resources": {"VCPU": 4}}, True, True, "free 4 "),
    ("CoreFilter", {"config": {"inventories": INVENTORIES}}, {}, {"resources": {"VCPU": 5}}, False, True, "free 4 "),
    ("RamFilter", {"memory_mib": 1024}, {}, {"resources": {"MEMORY_MB": 512}}, True, True, "free 512 "),
    (
        "RamFilter",
        {"memory_mib": 1023},
        {},
        {"resources": {"MEMORY_MB": 512}},
        False,
        True,
        "asked 512 MEMORY_MB, free 511",
    ),
    ("DiskFilter", {"disk_gib": 4}, {}, {"resources": {"DISK_GB": 5}}, False, True, "free 4 "),
    ("DiskFilter", {"disk_gib": 0}, {}, {"resources": {"DISK_GB": 1}}, False, True, "the host has none"),
    (
        "ResourcesFilter",
        {"config": {"inventories": INVENTORIES}},
        {},
        {"resources": {"CUSTOM_GPU": 8}},
        True,
        False,
        "free 8",
    ),
    (
        "ResourcesFilter",
        {"config": {"inventories": INVENTORIES}},
        {},
        {"resources": {"CUSTOM_GPU": 9}},
        False,
        False,
        "free 8",
    ),
    (
        "UnitsFilter",
        {"config": {"inventories": INVENTORIES}},
        {},
        {"resources": {"CUSTOM_GPU": 2}},
        True,
        False,
        "within",
    ),
    (
        "UnitsFilter",
        {"config": {"inventories": INVENTORIES}},
        {},
        {"resources": {"CUSTOM_GPU": 3}},
        False,
        False,
        "steps of 2",
    ),
    ("UnitsFilter", {"cpus": 2}, {}, {"resources": {"VCPU": 3}}, False, True, "1 to 2 in steps of 1"),
    ("ServerGroupAntiAffinityFilter", {}, {"members": {"g": {"kvm-1": 1}}}, {"group": AA}, False, True, "holds 1"),
    (
        "ServerGroupAntiAffinityFilter",
        {},
        {"members": {"g": {"kvm-1": 1, "kvm-2": 2}}},
        {"group": AA2},
        True,
        False,
        "at most 2",
    ),
    ("ServerGroupAntiAffinityFilter", {}, {"members": {"other": {"kvm-1": 1}}}, {"group": AA}, True, True, "holds 0"),
    ("ServerGroupAffinityFilter", {}, {}, {"group": TOGETHER}, True, True, "no host yet"),
    (
        "ServerGroupAffinityFilter",
        {},
        {"members": {"g": {"kvm-2": 1}}},
        {"group": TOGETHER},
        False,
        True,
        "is on kvm-2",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_filter(row: tuple[Any, ...]) -> None:
    """Each row: what the filter says of two hosts, and the numbers it gives for the first."""
    name, host, more, asked, first, second, why = row
    rule, hosts, wanted = rules()[name], table(host, **more), request(**asked)
    assert rule.applies(table(), wanted)
    assert rule.mask(hosts, wanted).tolist() == [first, second]
    assert why in rule.why(hosts, wanted, 0)


@pytest.mark.parametrize("name", sorted(set(rules()) - set(rule_names.FILTERS)))
def test_every_filter_has_rows_that_pass_and_that_refuse(name: str) -> None:
    """A filter of ours that is added without rows fails here; Nova's are in test_filters_nova.py."""
    answers = {answer for row in ROWS if row[0] == name for answer in row[4:6]}
    assert answers == {True, False}


def test_filters_without_anything_to_say_do_not_apply() -> None:
    """A request that asks nothing is only held against whether hosts are enabled."""
    asked, hosts = request(resources={}), table()
    assert [rule.NAME for rule in filters.applying(hosts, asked)] == ["ComputeFilter"]
    counting = {"NumInstancesFilter", "AggregateNumInstancesFilter", "IoOpsFilter", "AggregateIoOpsFilter"}
    assert {rule.NAME for rule in filters.ALL if rule.applies(hosts, asked)} == counting | {"ComputeFilter"}
