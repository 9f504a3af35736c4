# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts -> hosts: Nova's inventories, traits, and unknown for all that cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from builders import make_facts, make_foreign, make_host, make_instance, make_present
from novalite.model.observed import ObservedHost, Unknown
from novalite.model.provider import Provider
from novalite.model.resource import Inventory
from novalite.observe.parse import host_from_facts, snapshot_from_facts
from novalite.observe.traits import CPU_FEATURES

PRESENT = make_present(make_instance("web"))


def test_inventories_have_novas_defaults() -> None:
    """VCPU 4.0, memory with 512 MiB reserved, and no request larger than the host."""
    host = make_host(cpus=4, memory_mib=8704, disk_gib=100)
    assert host.inventories == {
        "DISK_GB": Inventory(100, max_unit=100),
        "MEMORY_MB": Inventory(8704, reserved=512, max_unit=8704),
        "VCPU": Inventory(4, max_unit=4, allocation_ratio=4.0),
    }


def test_settings_go_before_defaults() -> None:
    """Every field can be said, for standard and custom classes."""
    said = {
        "VCPU": {"allocation_ratio": 1, "reserved": 2, "total": 8, "max_unit": 3, "min_unit": 2, "step_size": 2},
        "CUSTOM_GPU": {"total": 2},
    }
    host = make_host(config={"inventories": said})
    assert host.inventories["VCPU"] == Inventory(8, 2, 2, 3, 2, 1.0)
    assert host.inventories["CUSTOM_GPU"] == Inventory(2, max_unit=2)


def test_what_there_is_none_of_is_not_reported() -> None:
    """As in Nova: a class with a total of zero does not exist."""
    assert "DISK_GB" not in make_host(disk_gib=0).inventories


def test_traits() -> None:
    """From CPU features, firmware, machine types, architecture, and from what the user says."""
    host = make_host(
        cpu_features=["avx2", "no-such"], firmwares=["efi"], machines=["q35"], config={"traits": ["CUSTOM_RACK_7"]}
    )
    assert {"HW_CPU_X86_AVX2", "COMPUTE_FIRMWARE_UEFI", "HW_ARCH_X86_64", "CUSTOM_RACK_7"} <= host.traits
    assert {"COMPUTE_STORAGE_BUS_VIRTIO", "COMPUTE_NET_VIF_MODEL_VIRTIO"} <= host.traits
    assert not host.traits & {"COMPUTE_FIRMWARE_BIOS", "COMPUTE_STORAGE_BUS_IDE", "HW_CPU_X86_AVX"}
    assert len(CPU_FEATURES) > 50


def test_a_host_as_it_is() -> None:
    """Networks count only while active; foreign domains and usage are taken over."""
    host = make_host("kvm-1", PRESENT, foreign=[make_foreign("old", VCPU=3)], networks={"a": {"active": False}})
    assert host.networks == frozenset()
    assert host.used == {"VCPU": 4, "MEMORY_MB": 512, "DISK_GB": 4}
    assert [item.name for item in host.instances] == ["web"]
    assert host.foreign[0].usage == {"VCPU": 3}


NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({"format": "novalite.host/2"}, "novalite.host/2"),
    ({"format": "novalite.snapshot/1"}, "format"),
    ({"format": None}, "format"),
    ({"cpus": -1}, "cpus"),
    ({"cpus": True}, "cpus"),
    ({"memory_mib": "8 GiB"}, "memory_mib"),
    ({"instances": None}, "instances"),
    ({"instances": [{}]}, "spec"),
    ({"instances": [PRESENT, PRESENT]}, "twice"),
    ({"instances": [{**PRESENT, "uuid": "other"}]}, "mark"),
    ({"instances": [{**PRESENT, "spec": {**PRESENT["spec"], "ports": [{}]}}]}, "mac"),
    ({"instances": [{**PRESENT, "spec": {**PRESENT["spec"], "group": "web"}}]}, "facts"),
    ({"instances": [{**PRESENT, "drift": ["vcpus"]}]}, "drift"),
    ({"foreign": [{"uuid": "x"}]}, "domain"),
    ({"used": {"VCPU": -1}}, "used"),
    ({"config": []}, "config"),
    ({"networks": ["default"]}, "networks"),
]
SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"enabled": "no"}, "enabled"),
    ({"traits": ["not a trait"]}, "not a trait"),
    ({"inventories": {"VCPU": {"allocation_ratio": 0}}}, "allocation_ratio"),
    ({"inventories": {"VCPU": {"allocation_ratio": float("inf")}}}, "allocation_ratio"),
    ({"inventories": {"VCPU": {"reserved": 5}}}, "more than the total"),
    ({"inventories": {"VCPU": {"step_size": 0}}}, "step_size"),
    ({"inventories": {"VCPU": {"speed": 1}}}, "no field 'speed'"),
    ({"inventories": {"CUSTOM_GPU": {"reserved": 0}}}, "knows no total"),
    ({"inventories": {"gpu": {"total": 1}}}, "resource class"),
    ({"inventories": {"VCPU": 4}}, "resource class"),
    ({"providers": {"gpu-0": {}}}, "providers is not a list"),
    ({"providers": ["gpu-0"]}, "not a mapping: 'gpu-0'"),
    ({"providers": [{"inventories": {}}]}, "name is not a text"),
    ({"providers": [{"name": "gpu-0", "inventory": {}}]}, "gpu-0: there is no field 'inventory'"),
    (
        {"providers": [{"name": "gpu-0", "inventories": {"VGPU": {}}}]},
        "gpu-0: inventories: VGPU: the host knows no total",
    ),
    ({"providers": [{"name": "gpu-0", "inventories": {"vgpu": {"total": 1}}}]}, "gpu-0: inventories: not a resource"),
    ({"providers": [{"name": "gpu-0", "traits": ["fast"]}]}, "gpu-0: not a trait: 'fast'"),
    ({"providers": [{"name": "gpu-0"}, {"name": "gpu-0"}]}, "'gpu-0' is there twice"),
    ({"providers": [{"name": "kvm-1"}]}, "'kvm-1' is there twice"),
    ({"providers": [{"name": "gpu-0", "parent": "numa-0"}]}, "gpu-0: there is no parent 'numa-0'"),
    ({"providers": [{"name": "a", "parent": "b"}, {"name": "b", "parent": "a"}]}, "a is its own ancestor"),
]


@pytest.mark.parametrize(("wrong", "why"), NONSENSE)
def test_nonsense_makes_it_unknown(wrong: dict[str, Any], why: str) -> None:
    """Never a crash, never a shorter list."""
    host = host_from_facts("kvm-1", {**make_facts("kvm-1"), **wrong})
    assert isinstance(host, Unknown)
    assert why in host.reason


@pytest.mark.parametrize(("wrong", "why"), SETTINGS)
def test_settings_that_cannot_be(wrong: dict[str, Any], why: str) -> None:
    """A host whose settings cannot be so is unknown, with the setting named."""
    host = host_from_facts("kvm-1", make_facts("kvm-1", config=wrong))
    assert isinstance(host, Unknown)
    assert why in host.reason


@pytest.mark.parametrize("key", sorted(set(make_facts()) & {"cpus", "memory_mib", "disk_gib", "instances", "foreign",
                                                           "fingerprint", "virt_type", "generation"}))  # fmt: skip
def test_a_missing_key(key: str) -> None:
    """What every host says must be there."""
    facts = make_facts()
    del facts[key]
    assert isinstance(host_from_facts("kvm-1", facts), Unknown)


@pytest.mark.parametrize("facts", [None, [], "text", 7])
def test_no_facts_at_all(facts: object) -> None:
    """An answer of another shape."""
    assert isinstance(host_from_facts("kvm-1", facts), Unknown)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_providers_stand_after_their_parents_however_they_are_listed(order: tuple[int, ...]) -> None:
    """Siblings in natural order; what is not said has Placement's defaults."""
    said = [
        {"name": "numa-10", "traits": ["HW_NUMA_ROOT"]},
        {"name": "numa-2", "traits": ["HW_NUMA_ROOT"]},
        {"name": "gpu-1", "parent": "numa-10", "inventories": {"VGPU": {"total": 4, "max_unit": None}}},
        {
            "name": "gpu-0",
            "parent": "numa-10",
            "inventories": {"VGPU": {"total": 4, "step_size": 2}, "PGPU": {"total": 0}},
        },
    ]
    host = make_host(config={"providers": [said[number] for number in order]})
    root = frozenset({"HW_NUMA_ROOT"})
    assert host.providers == (
        Provider("numa-2", traits=root),
        Provider("numa-10", traits=root),
        Provider("gpu-0", {"VGPU": Inventory(4, max_unit=4, step_size=2)}, parent="numa-10"),
        Provider("gpu-1", {"VGPU": Inventory(4, max_unit=4)}, parent="numa-10"),
    )


def test_minor_additions_are_tolerated() -> None:
    """A newer collection may say more."""
    host = host_from_facts("kvm-1", {**make_facts("kvm-1"), "format": "novalite.host/1.4", "weather": "fine"})
    assert isinstance(host, ObservedHost)


def test_a_snapshot_is_sorted_and_disjoint() -> None:
    """A host that is both known and unknown is unknown."""
    snapshot = snapshot_from_facts(
        {"b": make_facts("b"), "a": make_facts("a"), "c": make_facts("c")}, {"c": "unreachable"}
    )
    assert list(snapshot.hosts) == ["a", "b"]
    assert list(snapshot.unknown) == ["c"]
    assert not snapshot.is_complete
