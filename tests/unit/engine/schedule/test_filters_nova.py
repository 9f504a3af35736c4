# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova's filters by their names, on hosts written by hand: rows from Nova's semantics, the awkward ones too."""

from __future__ import annotations

from typing import Any

import pytest

from novalite.model import rule_names
from novalite.model.aggregate import Aggregate
from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.schedule import filters
from novalite.schedule.host import Host, Resident
from novalite.schedule.named import FILTERS, filter_hosts
from novalite.schedule.options import Metrics, Options
from novalite.schedule.request import Request, Shape
from novalite.schedule.table import HostTable

ELSEWHERE = {"NUMATopologyFilter": "test_numa.py", "PciPassthroughFilter": "test_pci.py"}

TWO = (Host("a"), Host("b"))
RAM = (Host("a", inventories={"MEMORY_MB": Inventory(8192, reserved=512)}, used={"MEMORY_MB": 1024}), Host("b"))
GROUP = ServerGroup("g", "anti-affinity")
GROUP_OF_2 = ServerGroup("g", "anti-affinity", max_server_per_host=2)
TOGETHER = ServerGroup("g", "affinity")
UUID = "8f4b0c1e-0000-4000-8000-000000000001"
HOME = (Host("a", residents=(Resident("web-0", UUID, project="shop"),)), Host("b", residents=(Resident("db-0"),)))
NEAR = (Host("a", address="10.0.0.7"), Host("b", address="10.0.1.7"), Host("c"), Host("d", address="fe80::7"))
ARM = frozenset({("aarch64", "kvm", "hvm"), ("aarch64", "qemu", "hvm")})
KINDS = (Host("a"), Host("b", supported=ARM, hypervisor_version=7002022), Host("c", supported=frozenset()))
COUNTED = (Host("a", num_instances=49), Host("b", num_instances=50))
BUSY = (Host("a", io_ops=7), Host("b", io_ops=8))
METERED = (Host("a", metrics={"cpu": 0.0, "net": 1.0}), Host("b", metrics={"cpu": 1.0}), Host("c"))
BITS = (Host("a", cpu_info={"maxphysaddr": {"bits": 46}}), Host("b", cpu_info={"maxphysaddr": {"bits": 39}}), Host("c"))


def agg(name: str, hosts: str, **metadata: str) -> Aggregate:
    return Aggregate(name, tuple(hosts), metadata)


def spec(**specs: str) -> dict[str, Any]:
    return {"extra_specs": tuple(sorted((key.replace("__", ":"), value) for key, value in specs.items()))}


def image(**properties: str) -> dict[str, Any]:
    return {"image_properties": tuple(sorted(properties.items()))}


def hint(**hints: str | tuple[str, ...]) -> dict[str, Any]:
    return {"hints": tuple((key, (said,) if isinstance(said, str) else said) for key, said in hints.items())}


def group(of: ServerGroup, uuid: str = "") -> dict[str, Any]:
    return {"group": of, "uuid": uuid}


def limit(key: str, *values: str) -> tuple[Aggregate, ...]:
    return tuple(Aggregate(f"g{number}", ("a", "b"), {key: value}) for number, value in enumerate(values))


SSD = (agg("x", "a", ssd="true, fast"), agg("y", "ab", ssd="slow"), agg("z", "b", ssd="", cpu="8"))
TENANTS = (
    agg("x", "a", filter_tenant_id="p1, p2"),
    agg("y", "ab", filter_tenant_id2="shop"),
    agg("z", "c", other="p1"),
)
TYPES = (agg("x", "a", instance_type="big, small"), agg("y", "b", instance_type="big"), agg("z", "c", instance_type=""))
IMAGES = (agg("x", "a", os_distro="windows, debian", hw_boot_menu="True"), agg("y", "b", os_distro="rhel", own="1"))
ISOLATED = {"isolated_images": frozenset({"secret", "f" * 64}), "isolated_hosts": frozenset({"a"})}
OPEN = {**ISOLATED, "restrict_isolated_hosts_to_isolated_images": False}
WEIGHED = {"metrics": Metrics(weight_setting=(("cpu", 1.0), ("net", 2.0)))}

# filter, hosts, request, more (options, aggregates, members), which pass, part of the reason on the first
ROWS: list[tuple[str, tuple[Host, ...], dict[str, Any], dict[str, Any], str, str]] = [
    ("AllHostsFilter", (Host("a", enabled=False), Host("b", up=False)), {}, {}, "ab", "asks nothing"),
    ("ComputeFilter", (Host("a"), Host("b", enabled=False), Host("c", up=False)), {}, {}, "a", "enabled"),
    ("ComputeFilter", (Host("a", up=False), Host("b")), {}, {}, "b", "enabled, but down"),
    ("ComputeFilter", (Host("a", enabled=False, up=False),), {}, {}, "", "disabled"),
    # ComputeCapabilitiesFilter: scoped, unscoped, nested, stats as JSON, what nobody has
    ("ComputeCapabilitiesFilter", RAM, spec(capabilities__free_ram_mb=">= 6656"), {}, "a", "it is 6656"),
    ("ComputeCapabilitiesFilter", RAM, spec(capabilities__free_ram_mb=">= 6657"), {}, "", "free_ram_mb >= 6657"),
    ("ComputeCapabilitiesFilter", RAM, spec(total_usable_ram_mb="8192"), {}, "a", "it is 8192"),
    ("ComputeCapabilitiesFilter", RAM, spec(nobody_has_it="8192"), {}, "ab", "asks nothing that"),
    ("ComputeCapabilitiesFilter", RAM, spec(__class__="8192", update="x"), {}, "ab", "asks nothing that"),
    ("ComputeCapabilitiesFilter", RAM, spec(capabilities__nobody_has_it="8192"), {}, "", "it is unknown"),
    ("ComputeCapabilitiesFilter", RAM, spec(hw__cpu_policy="dedicated"), {}, "ab", "asks nothing"),
    ("ComputeCapabilitiesFilter", TWO, spec(capabilities__host_ip="10.0.0.1"), {}, "", "it is unknown"),
    ("ComputeCapabilitiesFilter", NEAR, spec(host_ip="s== 10.0.0.7"), {}, "a", "it is 10.0.0.7"),
    ("ComputeCapabilitiesFilter", NEAR, spec(capabilities__hypervisor_type="<or> QEMU <or> LXC"), {}, "abcd", "QEMU"),
    ("ComputeCapabilitiesFilter", NEAR, spec(capabilities__hypervisor_type="qemu"), {}, "", "QEMU"),
    ("ComputeCapabilitiesFilter", (Host("a", stats={"rack": "r1"}), Host("b")), spec(rack="r2"), {}, "b", "it is r1"),
    (
        "ComputeCapabilitiesFilter",
        (
            Host("a", stats={"gpu": '{"count": 2}'}),
            Host("b", stats={"gpu": "{"}),
            Host("c", stats={"gpu": {"count": 1}}),
        ),
        spec(capabilities__gpu__count=">= 2"),
        {},
        "a",
        "it is 2",
    ),
    ("ComputeCapabilitiesFilter", RAM, spec(capabilities__free_ram_mb=">= much"), {}, "", "much"),
    ("ComputeCapabilitiesFilter", RAM, spec(capabilities__vcpus_total__real="8"), {}, "", "unknown"),
    ("ComputeCapabilitiesFilter", BITS, spec(hw__maxphysaddr_bits="46"), {}, "a", "it is 46"),
    ("ComputeCapabilitiesFilter", BITS, spec(hw__maxphysaddr_bits="39"), {}, "ab", ">= 39"),
    # ImagePropertiesFilter: names of old, own columns, versions, bits
    ("ImagePropertiesFilter", KINDS, image(), {}, "abc", "can run"),
    ("ImagePropertiesFilter", KINDS, image(hw_architecture="x86_64"), {}, "a", "can run"),
    ("ImagePropertiesFilter", KINDS, image(hw_architecture="AMD64"), {}, "a", "can run"),
    (
        "ImagePropertiesFilter",
        KINDS,
        image(hw_architecture="i586"),
        {},
        "",
        "asked i686/any/any, the host runs x86_64/kvm",
    ),
    ("ImagePropertiesFilter", KINDS, image(img_hv_type="kvm"), {}, "ab", "can run"),
    ("ImagePropertiesFilter", KINDS, image(img_hv_type="qemu"), {}, "b", "asked any/qemu/any"),
    ("ImagePropertiesFilter", KINDS, image(hw_vm_mode="hv"), {}, "ab", "can run"),
    ("ImagePropertiesFilter", KINDS, image(hw_vm_mode="pv"), {}, "", "asked any/any/xen"),
    ("ImagePropertiesFilter", KINDS, image(hw_vm_mode="kvm"), {}, "", "asked any/any/kvm"),  # Nova: any column will do
    ("ImagePropertiesFilter", KINDS, image(img_hv_requested_version=">=7.3"), {}, "ac", "can run"),
    ("ImagePropertiesFilter", KINDS, image(img_hv_requested_version=">=6.0, <8"), {}, "abc", "can run"),
    ("ImagePropertiesFilter", KINDS, image(img_hv_requested_version="==7.2.22"), {}, "abc", "can run"),
    ("ImagePropertiesFilter", KINDS, image(img_hv_requested_version="7.2"), {}, "ac", "can run"),
    ("ImagePropertiesFilter", BITS, image(hw_maxphysaddr_bits="40"), {}, "ac", "can run"),
    (
        "ImagePropertiesFilter",
        KINDS,
        image(),
        {"image_properties_default_architecture": "aarch64"},
        "b",
        "asked aarch64",
    ),
    (
        "ImagePropertiesFilter",
        KINDS,
        image(hw_architecture="x86_64"),
        {"image_properties_default_architecture": "aarch64"},
        "a",
        "can run",
    ),
    # Server groups
    (
        "ServerGroupAntiAffinityFilter",
        TWO,
        group(GROUP),
        {"members": {"g": {"a": 1}}},
        "b",
        "holds 1 of the group, at most 1",
    ),
    ("ServerGroupAntiAffinityFilter", TWO, group(GROUP), {}, "ab", "holds 0"),
    ("ServerGroupAntiAffinityFilter", TWO, group(GROUP_OF_2), {"members": {"g": {"a": 1, "b": 2}}}, "a", "at most 2"),
    (
        "ServerGroupAntiAffinityFilter",
        HOME,
        group(GROUP, UUID),
        {"members": {"g": {"a": 1, "b": 1}}},
        "a",
        "itself is one",
    ),
    ("ServerGroupAntiAffinityFilter", TWO, group(TOGETHER), {"members": {"g": {"a": 1}}}, "ab", ""),
    ("ServerGroupAffinityFilter", TWO, group(TOGETHER), {}, "ab", "no host yet"),
    ("ServerGroupAffinityFilter", TWO, group(TOGETHER), {"members": {"g": {"b": 3}}}, "b", "is on b"),
    ("ServerGroupAffinityFilter", TWO, group(TOGETHER), {"members": {"g": {"a": 1, "b": 1}}}, "ab", "is on a, b"),
    ("ServerGroupAffinityFilter", TWO, group(TOGETHER), {"members": {"g": {"gone": 1}}}, "", "is on gone"),
    ("ServerGroupAffinityFilter", TWO, group(TOGETHER), {"members": {"g": {"gone": 1, "b": 1}}}, "b", "is on b, gone"),
    ("ServerGroupAffinityFilter", TWO, group(TOGETHER), {"members": {"g": {"a": 0}}}, "ab", "no host yet"),
    ("ServerGroupAffinityFilter", TWO, group(GROUP), {"members": {"g": {"b": 3}}}, "ab", ""),
    # Hints that name instances
    ("DifferentHostFilter", HOME, hint(different_host=UUID), {}, "b", "here: " + UUID),
    ("DifferentHostFilter", HOME, hint(different_host="web-0"), {}, "b", "apart from web-0; here: web-0"),
    ("DifferentHostFilter", HOME, hint(different_host=("web-0", "db-0")), {}, "", "here: web-0"),
    ("DifferentHostFilter", HOME, hint(different_host="nobody"), {}, "ab", "here: none"),
    ("DifferentHostFilter", HOME, hint(different_host="web-0") | {"project": "other"}, {}, "ab", "here: none"),
    ("DifferentHostFilter", HOME, hint(different_host=UUID) | {"project": "other"}, {}, "b", UUID),
    ("DifferentHostFilter", HOME, hint(different_host=()), {}, "ab", ""),
    ("SameHostFilter", HOME, hint(same_host=UUID), {}, "a", "here: " + UUID),
    ("SameHostFilter", HOME, hint(same_host=("web-0", "db-0", "nobody")), {}, "ab", "with any of web-0, db-0, nobody"),
    ("SameHostFilter", HOME, hint(same_host="nobody"), {}, "", "here: none"),
    ("SameHostFilter", HOME, hint(different_host="web-0"), {}, "ab", ""),
    (
        "SameHostFilter",
        (Host("a", residents=(Resident("web-0", project=None),)),),
        hint(same_host="web-0"),
        {},
        "",
        "none",
    ),
    # CIDR
    (
        "SimpleCIDRAffinityFilter",
        NEAR,
        hint(build_near_host_ip="10.0.0.1"),
        {},
        "a",
        "10.0.0.0/24, the host's is 10.0.0.7",
    ),
    ("SimpleCIDRAffinityFilter", NEAR, hint(build_near_host_ip="10.0.0.1", cidr="/16"), {}, "ab", "10.0.0.0/16"),
    ("SimpleCIDRAffinityFilter", NEAR, hint(build_near_host_ip="10.0.0.1", cidr="16"), {}, "ab", "10.0.0.0/16"),
    ("SimpleCIDRAffinityFilter", NEAR, hint(build_near_host_ip="10.0.0.7", cidr="/32"), {}, "a", "/32"),
    ("SimpleCIDRAffinityFilter", NEAR, hint(build_near_host_ip="fe80::1"), {}, "d", "fe80::/24"),
    ("SimpleCIDRAffinityFilter", NEAR, hint(build_near_host_ip="fe81::1", cidr="/64"), {}, "", "fe81::/64"),
    ("SimpleCIDRAffinityFilter", NEAR, hint(build_near_host_ip="10.0.0.1", cidr="/33"), {}, "", "no subnet"),
    ("SimpleCIDRAffinityFilter", NEAR, hint(build_near_host_ip="here"), {}, "", "no subnet"),
    ("SimpleCIDRAffinityFilter", NEAR[2:3], hint(build_near_host_ip="10.0.0.1"), {}, "", "the host's is unknown"),
    ("SimpleCIDRAffinityFilter", NEAR, hint(cidr="/16"), {}, "abcd", ""),
    # Counts
    ("NumInstancesFilter", COUNTED, {}, {}, "a", "holds 49 instances, at most 50"),
    ("NumInstancesFilter", COUNTED, {}, {"max_instances_per_host": 49}, "", "at most 49"),
    ("NumInstancesFilter", COUNTED, {}, {"aggregates": limit("max_instances_per_host", "1")}, "a", "at most 50"),
    ("AggregateNumInstancesFilter", COUNTED, {}, {}, "a", "at most 50"),
    (
        "AggregateNumInstancesFilter",
        COUNTED,
        {},
        {"aggregates": limit("max_instances_per_host", "60", "51")},
        "ab",
        "51",
    ),
    ("AggregateNumInstancesFilter", COUNTED, {}, {"aggregates": limit("max_instances_per_host", "60", "5")}, "", "5"),
    (
        "AggregateNumInstancesFilter",
        COUNTED,
        {},
        {"aggregates": limit("max_instances_per_host", "60", "many")},
        "ab",
        "60",
    ),
    ("AggregateNumInstancesFilter", COUNTED, {}, {"aggregates": limit("max_instances_per_host", "9,60")}, "a", "50"),
    ("AggregateNumInstancesFilter", COUNTED, {}, {"aggregates": limit("max_instances_per_host", " 60 ")}, "ab", "60"),
    ("AggregateNumInstancesFilter", COUNTED, {}, {"aggregates": limit("max_instances_per_host", "9" * 30)}, "ab", ""),
    ("IoOpsFilter", BUSY, {}, {}, "a", "holds 7 at work, at most 8"),
    ("IoOpsFilter", BUSY, {}, {"max_io_ops_per_host": 0}, "", "at most 0"),
    ("AggregateIoOpsFilter", BUSY, {}, {}, "a", "at most 8"),
    ("AggregateIoOpsFilter", BUSY, {}, {"aggregates": limit("max_io_ops_per_host", "9", "", "20")}, "ab", "at most 9"),
    ("AggregateIoOpsFilter", BUSY, {}, {"aggregates": limit("max_io_ops_per_host", "-1")}, "", "at most -1"),
    # Isolation
    ("IsolatedHostsFilter", TWO, {"image": "secret"}, ISOLATED, "a", "image secret is isolated, the host is isolated"),
    ("IsolatedHostsFilter", TWO, {"image": "x", "image_sha256": "f" * 64}, ISOLATED, "a", "is isolated"),
    ("IsolatedHostsFilter", TWO, {"image": "open"}, ISOLATED, "b", "image open is not isolated, the host is isolated"),
    ("IsolatedHostsFilter", TWO, {"image": "secret"}, OPEN, "a", ""),
    ("IsolatedHostsFilter", TWO, {"image": "open"}, OPEN, "ab", ""),
    ("IsolatedHostsFilter", TWO, {"image": "open"}, {"isolated_hosts": frozenset("a")}, "b", "host is isolated"),
    ("IsolatedHostsFilter", TWO, {"image": "secret"}, {"isolated_images": frozenset({"secret"})}, "", "host is not"),
    ("IsolatedHostsFilter", TWO, {"image": "secret"}, {}, "ab", ""),
    # Aggregates
    ("AggregateInstanceExtraSpecsFilter", TWO, spec(ssd="fast"), {"aggregates": SSD}, "a", "asked ssd=fast"),
    ("AggregateInstanceExtraSpecsFilter", TWO, spec(ssd="true, fast"), {"aggregates": SSD}, "", "ssd=slow"),
    ("AggregateInstanceExtraSpecsFilter", TWO, spec(ssd="<or> fast <or> slow"), {"aggregates": SSD}, "ab", ""),
    ("AggregateInstanceExtraSpecsFilter", TWO, spec(ssd=""), {"aggregates": SSD}, "b", "asked ssd="),
    ("AggregateInstanceExtraSpecsFilter", TWO, spec(cpu=">= 7"), {"aggregates": SSD}, "b", "nothing of it"),
    ("AggregateInstanceExtraSpecsFilter", TWO, spec(ssd=">= 7"), {"aggregates": SSD}, "", ""),
    ("AggregateInstanceExtraSpecsFilter", TWO, spec(cpu="8", ssd="slow"), {"aggregates": SSD}, "b", ""),
    ("AggregateInstanceExtraSpecsFilter", TWO, spec(ssd="fast"), {}, "", "nothing of it"),
    ("AggregateInstanceExtraSpecsFilter", TWO, spec(hw__ssd="fast", capabilities__ssd="fast"), {}, "ab", ""),
    (
        "AggregateInstanceExtraSpecsFilter",
        TWO,
        spec(aggregate_instance_extra_specs__a__b="1"),
        {"aggregates": [Aggregate("x", ("b", "gone"), {"a:b": "1"})]},
        "b",
        "asked a:b=1",
    ),
    (
        "AggregateImagePropertiesIsolation",
        TWO,
        image(os_distro="debian"),
        {"aggregates": IMAGES},
        "a",
        "os_distro=debian",
    ),
    ("AggregateImagePropertiesIsolation", TWO, image(os_distro="bsd"), {"aggregates": IMAGES}, "", "windows, debian"),
    ("AggregateImagePropertiesIsolation", TWO, image(os_type="linux"), {"aggregates": IMAGES}, "ab", ""),
    ("AggregateImagePropertiesIsolation", TWO, image(), {"aggregates": IMAGES}, "ab", ""),
    ("AggregateImagePropertiesIsolation", TWO, image(os_distro=""), {"aggregates": IMAGES}, "ab", ""),
    ("AggregateImagePropertiesIsolation", TWO, image(own="2"), {"aggregates": IMAGES}, "ab", ""),  # Nova knows it not
    (
        "AggregateImagePropertiesIsolation",
        TWO,
        image(hw_boot_menu="yes"),
        {"aggregates": IMAGES},
        "ab",
        "hw_boot_menu=True",
    ),
    (
        "AggregateImagePropertiesIsolation",
        TWO,
        image(hw_boot_menu="false"),
        {"aggregates": IMAGES},
        "b",
        "",
    ),  # Nova: ab
    (
        "AggregateImagePropertiesIsolation",
        TWO,
        image(os_distro="bsd", hw_boot_menu="no"),
        {
            "aggregates": IMAGES,
            "aggregate_image_properties_isolation_namespace": "os",
            "aggregate_image_properties_isolation_separator": "_",
        },
        "",
        "the image says os_distro=bsd;",
    ),
    (
        "AggregateImagePropertiesIsolation",
        TWO,
        image(os_distro="bsd"),
        {"aggregates": IMAGES, "aggregate_image_properties_isolation_namespace": "os"},
        "ab",
        "",
    ),
    (
        "AggregateMultiTenancyIsolation",
        (*TWO, Host("c")),
        {"project": "p1"},
        {"aggregates": TENANTS},
        "ac",
        "project p1",
    ),
    (
        "AggregateMultiTenancyIsolation",
        (*TWO, Host("c")),
        {"project": "shop"},
        {"aggregates": TENANTS},
        "abc",
        "id2=shop",
    ),
    ("AggregateMultiTenancyIsolation", (*TWO, Host("c")), {"project": "p9"}, {"aggregates": TENANTS}, "c", "p1, p2"),
    (
        "AggregateMultiTenancyIsolation",
        TWO,
        {"project": "p"},
        {"aggregates": [agg("x", "a", filter_tenant_id="")]},
        "b",
        "",
    ),
    (
        "AggregateTypeAffinityFilter",
        (*TWO, Host("c"), Host("d")),
        {"flavor": "small"},
        {"aggregates": TYPES},
        "ad",
        "small",
    ),
    (
        "AggregateTypeAffinityFilter",
        (*TWO, Host("c"), Host("d")),
        {"flavor": "big"},
        {"aggregates": TYPES},
        "abd",
        "big",
    ),
    ("AggregateTypeAffinityFilter", TWO, {"flavor": "smal"}, {"aggregates": TYPES}, "", "instance_type=big, small"),
    ("AggregateTypeAffinityFilter", TWO, {"flavor": "small"}, {}, "ab", ""),
    # JsonFilter (its language: test_filters_query.py)
    ("JsonFilter", RAM, hint(query='[">=", "$free_ram_mb", 6656]'), {}, "a", "$free_ram_mb"),
    ("JsonFilter", RAM, hint(query='["not", ["=", "$host", "a"]]'), {}, "b", "host is a"),
    ("JsonFilter", (Host("a", stats={"r": "1"}), Host("b")), hint(query='["=", "$stats.r", "1"]'), {}, "a", "stats is"),
    ("JsonFilter", BITS, hint(query='[">", "$cpu_info.maxphysaddr.bits", 40]'), {}, "a", ""),
    ("JsonFilter", TWO, hint(query='["nope"]'), {}, "", "no query"),
    ("JsonFilter", TWO, hint(query="[]"), {}, "ab", "no attribute"),
    ("JsonFilter", TWO, hint(query=""), {}, "ab", ""),
    ("JsonFilter", TWO, {}, {}, "ab", ""),
    ("MetricsFilter", METERED, {}, WEIGHED, "a", "all reported"),
    ("MetricsFilter", METERED[1:], {}, WEIGHED, "", "missing net"),
    ("MetricsFilter", METERED, {}, {}, "abc", ""),
]


def label(row: Any) -> str:
    return "-".join(str(part) for part in (row[0], row[4], row[5][:40]))


@pytest.mark.parametrize("row", ROWS, ids=label)
def test_filter(row: tuple[Any, ...]) -> None:
    """Each row: which hosts pass, and what is said of the first where the filter has anything to say."""
    name, hosts, asked, more, passing, why = row
    asked, more = dict(asked), dict(more)
    wanted = Request("new", group=asked.pop("group", None), uuid=asked.pop("uuid", ""), shape=Shape(**asked))
    aggregates, members = tuple(more.pop("aggregates", ())), more.pop("members", None)
    options = Options(**more)
    passed = filter_hosts(name, hosts, wanted, options=options, aggregates=aggregates, members=members)
    assert "".join(host.name for host, ok in zip(hosts, passed, strict=True) if ok) == passing
    table = HostTable(hosts, options=options, aggregates=aggregates, members=members)
    rule = FILTERS[name]
    if rule.applies(table, wanted):
        assert why in rule.why(table, wanted, 0)
    else:
        assert passed == [True] * len(hosts)


@pytest.mark.parametrize("name", sorted(set(rule_names.FILTERS) - ELSEWHERE.keys()))
def test_every_filter_has_rows_that_pass_and_that_refuse(name: str) -> None:
    """A filter that is added without rows fails here."""
    rows = [(len(row[1]), len(row[4])) for row in ROWS if row[0] == name]
    assert any(passing for _, passing in rows)
    assert any(passing < hosts for hosts, passing in rows) != (name == "AllHostsFilter")


def test_all_of_nova_are_here() -> None:
    assert len(set(rule_names.FILTERS)) == 22
    assert set(rule_names.FILTERS) <= set(FILTERS)
    assert set(FILTERS) - set(rule_names.FILTERS) == {
        "AvailabilityZoneFilter", "CoreFilter", "DiskFilter", "HostFilter", "MemberOfFilter", "NetworksFilter",
        "ProvidersFilter", "RamFilter", "ResourcesFilter", "TraitsFilter", "UnitsFilter",
    } == filters.PLACEMENT  # fmt: skip


def test_no_rule_is_both_by_shape_and_by_usage() -> None:
    names = [rule.NAME for rule in (*filters.BY_SHAPE, *filters.BY_USAGE)]
    assert sorted(names) == sorted({rule.NAME for rule in filters.ALL})
    assert len(names) == len(set(names)) == len(filters.ALL)


def test_who_is_released_counts_no_more() -> None:
    """A plan deletes before it creates: the host of a deleted instance is nobody's neighbour, and has room for one."""
    table = HostTable([Host("a", residents=(Resident("web-0", UUID, project="shop"),), num_instances=50)])
    full, wanted = Request("new", Shape()), Request("new", Shape(project="shop", **hint(same_host="web-0")))
    rules = [(FILTERS["NumInstancesFilter"], full), (FILTERS["SameHostFilter"], wanted)]
    assert [rule.mask(table, asked).tolist() for rule, asked in rules] == [[False], [True]]
    table.release({}, "a", UUID)
    assert [rule.mask(table, asked).tolist() for rule, asked in rules] == [[True], [False]]
    assert "here: none of them" in FILTERS["SameHostFilter"].why(table, wanted, 0)


# filter, what the second request asks after the first was booked on host a, which hosts pass then
BOOKED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("DifferentHostFilter", hint(different_host="first"), {}, "b"),
    ("SameHostFilter", hint(same_host="first"), {}, "a"),
    ("SameHostFilter", hint(same_host="first") | {"project": "other"}, {}, ""),
    ("NumInstancesFilter", {}, {"max_instances_per_host": 1}, "b"),
    ("AggregateNumInstancesFilter", {}, {"max_instances_per_host": 1}, "b"),
    ("IoOpsFilter", {}, {"max_io_ops_per_host": 1}, "b"),
    ("AggregateIoOpsFilter", {}, {"max_io_ops_per_host": 1}, "b"),
    ("ComputeCapabilitiesFilter", spec(capabilities__free_ram_mb=">= 1024"), {}, "b"),
    ("ComputeCapabilitiesFilter", spec(capabilities__num_instances="<= 0"), {}, "b"),
    ("JsonFilter", hint(query='["=", "$free_ram_mb", 512]'), {}, "a"),
    ("JsonFilter", hint(query='["=", "$vcpus_used", 0]'), {}, "b"),
]


@pytest.mark.parametrize(("name", "asked", "options", "passing"), BOOKED)
def test_what_is_booked_counts(name: str, asked: dict[str, Any], options: dict[str, Any], passing: str) -> None:
    """Asked before and after a booking, and after it was taken back: answers are never stale."""
    inventories = {"MEMORY_MB": Inventory(1024), "VCPU": Inventory(4), "DISK_GB": Inventory(10)}
    table = HostTable([Host(letter, inventories=inventories) for letter in "ab"], options=Options(**options))
    first = Request("first", Shape(resources=(("MEMORY_MB", 512), ("VCPU", 1))), uuid=UUID)
    rule, second = FILTERS[name], Request("second", Shape(**asked))
    assert rule in filters.BY_USAGE
    before = rule.mask(table, second).tolist()
    table.book(first, 0)
    assert "".join(letter for letter, ok in zip("ab", rule.mask(table, second), strict=True) if ok) == passing
    table.unbook(first, 0)
    assert rule.mask(table, second).tolist() == before
