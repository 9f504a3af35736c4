# SPDX-License-Identifier: GPL-3.0-or-later
"""Host facts about CPUs, cells, pages and devices -> what the scheduler sees of them."""

from __future__ import annotations

from typing import Any

import pytest

from builders import make_facts, make_foreign, make_host, make_instance, make_present
from novalite.model.numa import HostCell, Pages
from novalite.model.observed import Unknown
from novalite.model.pci import PciPool
from novalite.observe.parse import host_from_facts
from novalite.schedule.host import host_from_observed

CELL = {
    "id": 0,
    "memory_mib": 4096,
    "cpus": "0-3",
    "socket": 0,
    "siblings": ["0,2", "1,3"],
    "pages": [{"size_kib": 4, "total": 524288}, {"size_kib": 2048, "total": 1024, "free": 1000}],
}
OTHER = {"id": 1, "memory_mib": 4096, "cpus": "4-7"}
SETS = {"shared": "0-1", "dedicated": "2-3,6-7"}


def held(**holds: Any) -> dict[str, Any]:
    """Return a running guest of somebody else's that holds something."""
    return {**make_foreign("old", VCPU=2, MEMORY_MB=256), "holds": holds}


def part(cell: int | None, *pinned: int, floating: int = 0, mib: int = 128, page: int | None = None) -> dict[str, Any]:
    return {
        "host_cell": cell,
        "floating": floating,
        "pinned": list(pinned),
        "memory_mib": mib,
        "page_size_kib": page,
    }


def test_a_host_that_tells_nothing_is_read_as_before() -> None:
    host = make_host("kvm-1")
    assert (host.numa, host.pci, host.cell, host.address) == ((), (), None, None)
    assert host.inventories["VCPU"].total == 4
    assert "PCPU" not in host.inventories
    assert host_from_observed(host).supported == {("x86_64", "qemu", "hvm")}


def test_cells_without_sets_are_all_shared() -> None:
    (cell,) = make_host("kvm-1", numa=[CELL]).numa
    assert cell == HostCell(
        id=0,
        cpus=frozenset({0, 1, 2, 3}),
        memory_mib=4096,
        siblings=(frozenset({0, 2}), frozenset({1, 3})),
        pages=(Pages(4, 524288), Pages(2048, 1024, 24)),
        socket=0,
    )


@pytest.mark.parametrize(
    ("sets", "vcpu", "pcpu", "cpus", "pcpus"),
    [
        ({}, 4, 0, {0, 1, 2, 3}, set()),
        ({"shared": "0-1"}, 2, 0, {0, 1}, set()),
        ({"dedicated": "2-3"}, 0, 2, set(), {2, 3}),
        ({"shared": "0", "dedicated": "2-3"}, 1, 2, {0}, {2, 3}),
    ],
)
def test_cpu_sets_decide_inventories_and_cells(
    sets: dict[str, str], vcpu: int, pcpu: int, cpus: set[int], pcpus: set[int]
) -> None:
    host = make_host("kvm-1", numa=[CELL], cpu_sets=sets)
    found = {name: host.inventories[name].total for name in ("VCPU", "PCPU") if name in host.inventories}
    assert found == {name: total for name, total in (("VCPU", vcpu), ("PCPU", pcpu)) if total}
    assert (host.numa[0].cpus, host.numa[0].pcpus) == (cpus, pcpus)
    if pcpu:
        assert host.inventories["PCPU"].allocation_ratio == 1.0


def test_what_guests_hold_is_counted_in_their_cell() -> None:
    guest = held(cells=[part(0, 2, floating=1, mib=512), part(1, 6, mib=256)], emulator=[7])
    host = make_host("kvm-1", foreign=[guest], numa=[CELL, OTHER], cpu_sets=SETS)
    first, second = host.numa
    assert (first.memory_used_mib, first.cpu_usage, first.pinned) == (512, 1, {2})
    assert (second.memory_used_mib, second.cpu_usage, second.pinned) == (256, 0, {6, 7})


def test_a_guest_without_cells_pins_and_is_in_no_cells_usage() -> None:
    (first, second) = make_host("kvm-1", foreign=[held(pinned=[3, 1])], numa=[CELL, OTHER], cpu_sets=SETS).numa
    assert (first.pinned, first.memory_used_mib, second.pinned) == ({3}, 0, set())  # CPU 1 is no dedicated one


def test_a_guest_cell_bound_to_no_node_is_where_its_first_cpu_is() -> None:
    (first, second) = make_host("kvm-1", foreign=[held(cells=[part(None, 6)])], numa=[CELL, OTHER], cpu_sets=SETS).numa
    assert (first.memory_used_mib, second.memory_used_mib) == (0, 128)


@pytest.mark.parametrize(("power", "used"), [("running", 24), ("shutoff", 24 + 64)])
def test_pages_of_guests_that_are_off_are_held_too(power: str, used: int) -> None:
    guest = {**held(cells=[part(0, page=2048)]), "power": power}
    assert make_host("kvm-1", foreign=[guest], numa=[CELL]).numa[0].pages[1].used == used


def test_pages_that_nobody_counts_are_counted_by_their_guests() -> None:
    assert make_host("kvm-1", foreign=[held(cells=[part(0, page=4)])], numa=[CELL]).numa[0].pages[0].used == 32768


def test_foreign_pins_are_pcpu() -> None:
    host = make_host("kvm-1", foreign=[held(pinned=[2, 1])], numa=[CELL], cpu_sets=SETS)
    assert (host.used["VCPU"], host.used["PCPU"]) == (1, 1)


PF = {"address": "0000:05:00.0", "vendor_id": "8086", "product_id": "1572", "type": "type-PF"}
VFS = [
    {
        "address": f"0000:05:02.{number}",
        "vendor_id": "8086",
        "product_id": "154c",
        "type": "type-VF",
        "parent": "0000:05:00.0",
        "numa_node": 1,
        "tags": {"trusted": "true"},
    }
    for number in range(2)
]


@pytest.mark.parametrize(
    ("taken", "pf", "vfs"),
    [
        ([], ("0000:05:00.0",), ("0000:05:02.0", "0000:05:02.1")),
        (["0000:05:02.0"], (), ("0000:05:02.1",)),
        (["0000:05:00.0"], (), ()),
        (["0000:99:00.0"], ("0000:05:00.0",), ("0000:05:02.0", "0000:05:02.1")),
    ],
)
def test_devices_are_pooled_without_those_taken(taken: list[str], pf: tuple[str, ...], vfs: tuple[str, ...]) -> None:
    def used_of(*devices: dict[str, Any]) -> tuple[str, ...]:
        return tuple(device["address"] for device in devices if device["address"] in taken)

    host = make_host("kvm-1", foreign=[held(pci=taken)] if taken else [], pci=[*VFS, PF])
    assert host.pci == (
        PciPool("8086", "1572", len(pf), "type-PF", addresses=pf, used=used_of(PF)),
        PciPool(
            "8086", "154c", len(vfs), "type-VF", numa_node=1, addresses=vfs, tags=(("trusted", "true"),),
            used=used_of(*VFS), parent="0000:05:00.0",
        ),
    )  # fmt: skip


def test_traits_of_hardware() -> None:
    facts = {
        "supported": [["x86_64", "qemu", "hvm"]],
        "versions": {"libvirt": 9_000_000, "hypervisor": 7_002_022},
        "devices": {"video": ["vga", "ramfb"], "tpm": ["tpm-crb"], "tpm_versions": ["2.0"]},
        "firmware": {"secure_boot": True, "loaders": []},
        "memory_encryption": {"sev": 15, "sev_es": 0},
        "numa": [CELL],
    }
    host = make_host("kvm-1", **facts)
    expected = {
        "HW_CPU_HYPERTHREADING", "COMPUTE_GRAPHICS_MODEL_VGA", "COMPUTE_SECURITY_TPM_CRB", "COMPUTE_SECURITY_TPM_2_0",
        "COMPUTE_SECURITY_UEFI_SECURE_BOOT", "COMPUTE_SECURITY_STATELESS_FIRMWARE", "COMPUTE_NET_VIRTIO_PACKED",
        "COMPUTE_VIOMMU_MODEL_INTEL", "COMPUTE_VIOMMU_MODEL_VIRTIO", "COMPUTE_ADDRESS_SPACE_EMULATED",
        "COMPUTE_SOUND_MODEL_ICH9", "HW_CPU_X86_AMD_SEV",
    }  # fmt: skip
    assert expected <= host.traits
    absent = {"COMPUTE_SOUND_MODEL_VIRTIO", "COMPUTE_SECURITY_TPM_TIS", "HW_CPU_X86_AMD_SEV_ES"}
    assert not absent & host.traits
    assert not any("RAMFB" in trait for trait in host.traits)
    assert host.inventories["MEM_ENCRYPTION_CONTEXT"].total == 15


def test_the_scheduler_sees_all_of_it() -> None:
    config = {"address": "10.0.0.5", "cell": "east", "metrics": {"cpu.percent": 0.5}}
    present = make_present(make_instance("web-0"))
    host = host_from_observed(
        make_host(
            "kvm-1",
            present,
            config=config,
            supported=[["x86_64", "kvm", "hvm"], ["i686", "qemu", "hvm"]],
            versions={"hypervisor_type": "QEMU", "hypervisor": 7_002_022},
            numa=[CELL],
            pci=[PF],
        )
    )
    assert (host.address, host.cell, host.metrics) == ("10.0.0.5", "east", {"cpu.percent": 0.5})
    assert (host.hypervisor_type, host.hypervisor_version) == ("QEMU", 7_002_022)
    assert host.supported == {("x86_64", "kvm", "hvm"), ("i686", "qemu", "hvm")}
    assert (len(host.numa), len(host.pci)) == (1, 1)


@pytest.mark.parametrize(
    "facts",
    [
        {"numa": [CELL, CELL]},
        {"numa": [{**CELL, "cpus": "x"}]},
        {"numa": [{**CELL, "memory_mib": -1}]},
        {"numa": [{"id": 0}]},
        {"cpu_sets": {"shared": "3-1"}},
        {"cpu_sets": []},
        {"pci": [{**PF, "type": "type-X"}]},
        {"pci": [{"address": "0000:05:00.0"}]},
        {"supported": [["x86_64"]]},
        {"foreign": [held(cells=[{"host_cell": 0}])], "numa": [CELL]},
    ],
)
def test_nonsense_makes_a_host_unknown(facts: dict[str, Any]) -> None:
    assert isinstance(host_from_facts("kvm-1", {**make_facts("kvm-1"), **facts}), Unknown)
