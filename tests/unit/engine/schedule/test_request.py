# SPDX-License-Identifier: GPL-3.0-or-later
"""Flavor and image -> what is asked of a host: rows written from Nova's ResourceRequest."""

from __future__ import annotations

from typing import Any

import pytest

from builders import DEBIAN, LAN, make_flavor, make_instance
from novalite.model.aggregate import Aggregate
from novalite.model.image import Image
from novalite.model.network import Network
from novalite.model.port import Port
from novalite.model.server_group import ServerGroup
from novalite.schedule import prefilters
from novalite.schedule.ask import Ask, Group, ask_from
from novalite.schedule.options import Options
from novalite.schedule.prefilters import Context
from novalite.schedule.request import request_from_instance, requests_from_instances
from novalite.shared import amounts

MIXED = {"hw:cpu_policy": "mixed", "hw:cpu_dedicated_mask": "0-1"}
PINNED = {"hw:cpu_policy": "dedicated"}
REAL_TIME = {"hw:cpu_policy": "mixed", "hw:cpu_realtime": "yes"}
SEV = "HW_CPU_X86_AMD_SEV"
TPM = {"COMPUTE_SECURITY_TPM_TIS", "COMPUTE_SECURITY_TPM_2_0"}
HT = "HW_CPU_HYPERTHREADING"

# extra specs of a flavor with 4 CPUs, 1024 MiB, 10 GiB; image properties; what differs from VCPU 4, MEMORY_MB 1024,
# DISK_GB 10 in the unsuffixed group (None: is not asked for); required; forbidden
OWN: list[tuple[dict[str, str], dict[str, str], dict[str, int | None], set[str], set[str]]] = [
    ({}, {}, {}, set(), set()),
    # overrides; 0 drops, but counts as said
    ({"resources:VCPU": "2"}, {}, {"VCPU": 2}, set(), set()),
    ({"resources:VCPU": "0"}, {}, {"VCPU": None}, set(), set()),
    ({"resources:PCPU": "3"}, {}, {"VCPU": None, "PCPU": 3}, set(), set()),
    ({"resources:PCPU": "0"}, {}, {"VCPU": None}, set(), set()),
    ({"resources:MEMORY_MB": "1", "resources:DISK_GB": "0"}, {}, {"MEMORY_MB": 1, "DISK_GB": None}, set(), set()),
    ({"resources:CUSTOM_BAREMETAL": "1"}, {}, {"CUSTOM_BAREMETAL": 1}, set(), set()),
    # what cannot be read is left out: no such class, no amount, another scope
    (
        {"resources:GPU": "1", "resources:VGPU": "many", "resources:FPGA": "-1", "resource:PGPU": "1"},
        {},
        {},
        set(),
        set(),
    ),
    # traits
    ({"trait:CUSTOM_A": "required", "trait:CUSTOM_B": "forbidden"}, {}, {}, {"CUSTOM_A"}, {"CUSTOM_B"}),
    ({"trait:CUSTOM_A": "preferred", "CUSTOM_C": "required"}, {}, {}, set(), set()),
    ({}, {"trait:CUSTOM_A": "required", "trait:CUSTOM_B": "forbidden"}, {}, {"CUSTOM_A"}, set()),
    # pinning
    (PINNED, {}, {"VCPU": None, "PCPU": 4}, set(), set()),
    ({}, {"hw_cpu_policy": "dedicated"}, {"VCPU": None, "PCPU": 4}, set(), set()),
    ({"hw:cpu_policy": "shared"}, {"hw_cpu_policy": "dedicated"}, {}, set(), set()),  # validate refuses this
    (PINNED | {"resources:PCPU": "2"}, {}, {"VCPU": None, "PCPU": 4}, set(), set()),
    (PINNED | {"hw:emulator_threads_policy": "isolate"}, {}, {"VCPU": None, "PCPU": 5}, set(), set()),
    (PINNED | {"hw:emulator_threads_policy": "share"}, {}, {"VCPU": None, "PCPU": 4}, set(), set()),
    ({"hw:emulator_threads_policy": "isolate"}, {}, {}, set(), set()),
    (MIXED, {}, {"VCPU": 2, "PCPU": 2}, set(), set()),
    (MIXED | {"hw:emulator_threads_policy": "isolate"}, {}, {"VCPU": 2, "PCPU": 3}, set(), set()),
    (MIXED | {"hw:cpu_dedicated_mask": "^0"}, {}, {"VCPU": 1, "PCPU": 3}, set(), set()),
    (MIXED | {"hw:cpu_dedicated_mask": "0-2,^1, 3"}, {}, {"VCPU": 1, "PCPU": 3}, set(), set()),
    (REAL_TIME | {"hw:cpu_realtime_mask": "^0-1"}, {}, {"VCPU": 2, "PCPU": 2}, set(), set()),
    (
        REAL_TIME | {"hw:cpu_realtime_mask": "^0-1"},
        {"hw_cpu_realtime_mask": "^0"},
        {"VCPU": 1, "PCPU": 3},
        set(),
        set(),
    ),
    (REAL_TIME, {}, {"VCPU": None, "PCPU": 4}, set(), set()),
    (MIXED | {"hw:cpu_dedicated_mask": "what"}, {}, {}, set(), set()),
    ({"hw:cpu_thread_policy": "isolate"}, {}, {}, set(), {HT}),
    ({"hw:cpu_thread_policy": "require"}, {}, {}, {HT}, set()),
    ({}, {"hw_cpu_thread_policy": "require"}, {}, {HT}, set()),
    ({"hw:cpu_thread_policy": "prefer"}, {"hw_cpu_thread_policy": "require"}, {}, set(), set()),
    # other hardware
    ({"hw:mem_encryption": "true"}, {}, {"MEM_ENCRYPTION_CONTEXT": 1}, {SEV}, set()),
    (
        {"hw:mem_encryption": "yes"},
        {"hw_mem_encryption_model": "amd-sev-es"},
        {"MEM_ENCRYPTION_CONTEXT": 1},
        {SEV + "_ES"},
        set(),
    ),
    ({"hw:mem_encryption": "false"}, {}, {}, set(), set()),
    ({}, {"hw_mem_encryption": "1"}, {"MEM_ENCRYPTION_CONTEXT": 1}, {SEV}, set()),
    (
        {"hw:pmem": "6GB, 6GB,16-gb,"},
        {},
        {"CUSTOM_PMEM_NAMESPACE_6GB": 2, "CUSTOM_PMEM_NAMESPACE_16_GB": 1},
        set(),
        set(),
    ),
    ({"hw:tpm_version": "2.0"}, {}, {}, TPM, set()),
    ({"hw:tpm_model": "tpm-crb"}, {}, {}, set(), set()),
    (
        {},
        {"hw_tpm_version": "2.0", "hw_tpm_model": "tpm-crb"},
        {},
        {"COMPUTE_SECURITY_TPM_CRB", "COMPUTE_SECURITY_TPM_2_0"},
        set(),
    ),
    ({"hw:tpm_version": "1.2"}, {}, {}, {"COMPUTE_SECURITY_TPM_TIS", "COMPUTE_SECURITY_TPM_1_2"}, set()),
    ({"os:secure_boot": "required"}, {}, {}, {"COMPUTE_SECURITY_UEFI_SECURE_BOOT"}, set()),
    ({"os:secure_boot": "optional"}, {}, {}, set(), set()),
    ({}, {"os_secure_boot": "required"}, {}, {"COMPUTE_SECURITY_UEFI_SECURE_BOOT"}, set()),
    ({"hw:pci_numa_affinity_policy": "socket"}, {}, {}, {"COMPUTE_SOCKET_PCI_NUMA_AFFINITY"}, set()),
    ({"hw:pci_numa_affinity_policy": "required"}, {}, {}, set(), set()),
    ({"hw:maxphysaddr_mode": "passthrough"}, {}, {}, {"COMPUTE_ADDRESS_SPACE_PASSTHROUGH"}, set()),
    ({}, {"hw_maxphysaddr_mode": "emulate"}, {}, {"COMPUTE_ADDRESS_SPACE_EMULATED"}, set()),
    (
        {},
        {"hw_firmware_stateless": "true", "hw_firmware_type": "uefi"},
        {},
        {"COMPUTE_SECURITY_STATELESS_FIRMWARE"},
        set(),
    ),
    ({}, {"hw_firmware_stateless": "true"}, {}, set(), set()),  # not with a BIOS, as in Nova
]


def asked(specs: dict[str, str], properties: dict[str, str] | None = None, **size: int) -> Ask:
    flavor = make_flavor(**{"vcpus": 4, "ram_mib": 1024, "disk_gib": 10, **size}, extra_specs=specs)
    return ask_from(flavor, properties or {})


@pytest.mark.parametrize("row", OWN, ids=lambda row: str(row[0] or row[1]))
def test_the_unsuffixed_group(row: tuple[Any, ...]) -> None:
    """Each row: amounts, required and forbidden traits."""
    specs, properties, amounts_, required, forbidden = row
    found = asked(specs, properties)
    wanted = {"VCPU": 4, "MEMORY_MB": 1024, "DISK_GB": 10} | amounts_
    assert dict(found.own.resources) == {name: amount for name, amount in wanted.items() if amount}
    assert (found.own.required, found.own.forbidden, found.groups) == (required, forbidden, ())


@pytest.mark.parametrize(
    ("size", "disk"),
    [
        ({"ephemeral_gib": 5}, 15),
        ({"swap_mib": 1}, 11),
        ({"swap_mib": 1024}, 11),
        ({"swap_mib": 1025}, 12),
        ({"disk_gib": 0}, None),
    ],
)
def test_disk_is_root_and_ephemeral_and_swap_rounded_up(size: dict[str, int], disk: int | None) -> None:
    """A flavor without any disk asks for none."""
    assert dict(asked({}, **size).own.resources).get("DISK_GB") == disk


GPU = {"resources_GPU:VGPU": "1", "trait_GPU:CUSTOM_FAST": "required", "trait_GPU:CUSTOM_OLD": "forbidden"}
GROUPS: list[tuple[dict[str, str], tuple[Group, ...]]] = [
    (GPU, (Group("_GPU", (("VGPU", 1),), frozenset({"CUSTOM_FAST"}), frozenset({"CUSTOM_OLD"})),)),
    ({"resources2:VGPU": "1", "resources10:VGPU": "2"}, (Group("10", (("VGPU", 2),)), Group("2", (("VGPU", 1),)))),
    ({"resources_A:VGPU": "0"}, ()),
    ({"trait_A:CUSTOM_X": "required"}, (Group("_A", (), frozenset({"CUSTOM_X"})),)),
    (
        {"any_trait_A:1": "CUSTOM_X, CUSTOM_Y", "any_trait_A:2": "CUSTOM_Z", "any_trait_A:3": " ,"},
        (Group("_A", any_of=(frozenset({"CUSTOM_X", "CUSTOM_Y"}), frozenset({"CUSTOM_Z"}))),),
    ),
    ({"resources with a space:VGPU": "1"}, ()),
]


@pytest.mark.parametrize(("specs", "groups"), GROUPS)
def test_suffixed_groups(specs: dict[str, str], groups: tuple[Group, ...]) -> None:
    """In the order of suffixes; one that asks nothing is none."""
    found = asked(specs)
    assert tuple(group for group in found.groups if group != Group(group.suffix)) == groups
    assert found.groups == groups


def test_what_a_group_asks_is_not_asked_again() -> None:
    """As in Nova: CPUs, memory and disk of the flavor are asked only where no group says them."""
    found = asked({"resources_N0:VCPU": "2", "resources_N1:VCPU": "2", "resources_N0:MEMORY_MB": "512"})
    assert dict(found.own.resources) == {"DISK_GB": 10}
    flavor = make_flavor(extra_specs={"resources_N0:VCPU": "2", "resources_N1:VCPU": "2"})
    assert flavor.resources() == {"VCPU": 4, "MEMORY_MB": 512, "DISK_GB": 4}


def test_any_of_and_how_groups_stand_to_each_other() -> None:
    """The spellings that are ours, and group_policy."""
    found = asked({"any_trait:disk": "STORAGE_DISK_SSD,CUSTOM_NVME", "same_subtree": "_A,_B; _C , _D;"})
    assert found.own.any_of == (frozenset({"STORAGE_DISK_SSD", "CUSTOM_NVME"}),)
    assert found.same_subtree == (frozenset({"_A", "_B"}), frozenset({"_C", "_D"}))
    assert [asked({"group_policy": said}).group_policy for said in ("isolate", "none", "nonsense")] == [
        "isolate",
        "none",
        "none",
    ]


@pytest.mark.parametrize("row", OWN, ids=lambda row: str(row[0] or row[1]))
def test_what_is_asked_is_what_is_counted(row: tuple[Any, ...]) -> None:
    """An instance's usage on its host is the sum of what its request asks."""
    specs, properties = row[0] | GPU, row[1]
    found = asked(specs, properties)
    total: dict[str, int] = {}
    for group in (found.own, *found.groups):
        for name, amount in group.resources:
            total[name] = total.get(name, 0) + amount
    flavor = make_flavor(vcpus=4, ram_mib=1024, disk_gib=10, extra_specs=specs)
    assert amounts.total_resources(flavor.to_spec(), properties) == flavor.resources(properties) == total


@pytest.mark.parametrize("mask", ["3-1", "a", "1-", "0-x", "^"])
def test_a_mask_that_cannot_be_read(mask: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        amounts.cpus_from_mask(mask, 4)


def test_a_request_has_the_whole_instance() -> None:
    """Names for people, pairs for filters, and the group beside the shape."""
    group = ServerGroup("g", "affinity")
    image = Image("i", "/i", "d" * 64, "raw", properties={"os_type": "linux", "a": "b"})
    instance = make_instance(
        flavor=make_flavor("f", extra_specs={"z": "1", "b": "2"}), image=image, group=group, host="kvm-1"
    )
    request = request_from_instance(instance)
    shape = request.shape
    assert (request.name, request.group) == ("web-0", group)
    assert (shape.flavor, shape.extra_specs) == ("f", (("b", "2"), ("z", "1")))
    assert (shape.image, shape.image_format, shape.image_properties) == ("i", "raw", (("a", "b"), ("os_type", "linux")))
    assert (shape.host, shape.networks, shape.project) == ("kvm-1", {("libvirt", "default")}, "shop")
    assert shape.amounts == {"VCPU": 1, "MEMORY_MB": 512, "DISK_GB": 4}


WAN = Network("wan", "bridge", "br0")
DIFFERENT = [
    {"flavor": make_flavor(vcpus=2)},
    {"image": Image("other", "/i", "e" * 64, "raw")},
    {"ports": (Port(WAN),)},
    {"ports": ()},
    {"ports": (Port(LAN), Port(WAN))},
    {"availability_zone": "az1"},
    {"host": "kvm-1"},
    {"project": "bank"},
]


@pytest.mark.parametrize("rest", DIFFERENT)
def test_instances_that_differ_have_different_shapes(rest: dict[str, Any]) -> None:
    """In anything that decides where they may go."""
    first, second = requests_from_instances([make_instance("a"), make_instance("b", **rest)])
    assert first.shape != second.shape


def test_equal_shapes_are_one_object() -> None:
    """Whether their parts are the same objects, or only equal."""
    alike = make_instance("c", flavor=make_flavor(), ports=(Port(LAN), Port(LAN)))
    shapes = {id(r.shape) for r in requests_from_instances(make_instance(name) for name in ("a", "b"))}
    assert len(shapes) == 1
    requests = requests_from_instances([make_instance("a"), make_instance("b", flavor=make_flavor()), alike])
    assert len({id(request.shape) for request in requests}) == 1


def test_pre_filters_are_run_with_the_context() -> None:
    """Aggregates and options reach them."""
    context = Context(
        Options(limit_tenants_to_placement_aggregate=True), (Aggregate("a", (), {"filter_tenant_id": "shop"}),)
    )
    (with_it,) = requests_from_instances([make_instance()], context)
    (without,) = requests_from_instances([make_instance()])
    assert (with_it.shape.member_of, without.shape.member_of) == ((frozenset({"a"}),), ())
    context = Context(Options(enabled_filters=()))
    assert request_from_instance(make_instance(), context).shape.root_forbidden == {"COMPUTE_STATUS_DISABLED"}
    assert without.shape.root_forbidden == set()


def test_a_shape_is_made_once_for_all_that_share_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once for each of ten thousand: that is what makes their requests cost next to nothing."""
    made = []
    honest = prefilters.run
    monkeypatch.setattr(prefilters, "run", lambda *parts: made.append(1) or honest(*parts))
    flavors = [make_flavor(f"f{number}", vcpus=1 + number) for number in range(3)]
    instances = [make_instance(f"web-{n}", image=DEBIAN, flavor=flavors[n % 3]) for n in range(10_000)]
    requests = requests_from_instances(instances)
    assert len({id(one.shape) for one in requests}) == 3
    assert len(made) == 3
