# SPDX-License-Identifier: GPL-3.0-or-later
"""Guest hardware held against Nova's own code: where guests fit, what they get, and which flavors and images disagree.

Where an answer may differ, it is one of ours for which Nova has none, for a reason that a row names.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from nova.ask import ask_once

from novalite.model.claim import Claim
from novalite.model.guest_topology import Guest, guest_topology
from novalite.model.numa import HostCell, Pages
from novalite.model.pci import PciPool, PciRequest
from novalite.schedule.numa.cell import Limits
from novalite.schedule.numa.fit import State, Want, fit
from novalite.schedule.pci import addressed
from novalite.spec.consistency.check import rules_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FITS, GUESTS = 2500, 3000
YES_NO = ("true", "false", None, None)


# ---- what is asked -------------------------------------------------------------------------------------------------


def draw_specs(rng: random.Random, choices: dict[str, tuple[str | None, ...]], chance: float) -> dict[str, str]:
    found = {}
    for key, values in choices.items():
        value = rng.choice(values) if rng.random() < chance else None
        if value is not None:
            found[key] = value
    return found


FIT_SPECS: dict[str, tuple[str | None, ...]] = {
    "hw:numa_nodes": ("1", "2", "2", "4", None),
    "hw:cpu_policy": ("dedicated", "dedicated", "mixed", "shared", None),
    "hw:mem_page_size": ("small", "large", "any", "2MB", "1048576", None, None, None, None),
}


def draw_guest_that_fits_somewhere(rng: random.Random) -> dict[str, Any]:
    vcpus = rng.choice((1, 2, 3, 4, 4, 6, 8))
    specs = draw_specs(rng, FIT_SPECS, 0.8)
    if vcpus % int(specs.get("hw:numa_nodes", 1)):
        specs["hw:numa_nodes"] = "1"
    policy = specs.get("hw:cpu_policy")
    if policy == "mixed" and vcpus < 2:
        policy = specs["hw:cpu_policy"] = "dedicated"
    if policy == "mixed":
        nodes = int(specs.get("hw:numa_nodes", 1))
        # each node gets a pinned CPU: Nova cannot keep an emulator's CPU in a cell without one
        specs["hw:cpu_dedicated_mask"] = ",".join(str(node * (vcpus // nodes)) for node in range(nodes))
        if vcpus == nodes:
            del specs["hw:numa_nodes"]
            specs["hw:cpu_dedicated_mask"] = "0"
    if policy in ("dedicated", "mixed"):
        specs |= draw_specs(rng, {"hw:cpu_thread_policy": ("prefer", "require", "isolate")}, 0.6)
        specs |= draw_specs(rng, {"hw:emulator_threads_policy": ("isolate", "share")}, 0.4)
    return {"vcpus": vcpus, "ram_mib": rng.choice((256, 512, 1024)), "specs": specs, "properties": {}}


def draw_cell(rng: random.Random, number: int, threads: int, legacy: bool) -> dict[str, Any]:
    first = number * 16
    cpus = list(range(first, first + rng.choice((4, 8, 12))))
    cores = [cpus[index :: len(cpus) // threads] for index in range(len(cpus) // threads)]
    split = rng.choice((0, 1, 2, len(cores))) if not legacy else 0
    shared = cpus if legacy else [cpu for core in cores[:split] for cpu in core]
    dedicated = cpus if legacy else [cpu for core in cores[split:] for cpu in core]
    pinned = [cpu for cpu in dedicated if rng.random() < rng.choice((0, 0, 0.2, 0.6))]
    memory = rng.choice((512, 1024, 2048))
    pages = [] if rng.random() < 0.4 else [[4, memory * 256, rng.choice((0, memory * 128))]]
    if pages and rng.random() < 0.7:
        pages.append([2048, 512, rng.choice((0, 256, 400))])
    return {
        "id": number, "cpus": sorted(shared), "pcpus": sorted(dedicated), "pinned": pinned, "memory": memory,
        "memory_used": rng.choice((0, 0, 256, 512)), "cpu_usage": rng.choice((0, 1, 4)), "siblings": cores,
        "pages": pages, "socket": number // 2,
    }  # fmt: skip


def draw_fit(rng: random.Random) -> dict[str, Any]:
    threads, legacy, count = rng.choice((1, 2)), rng.random() < 0.2, rng.choice((1, 1, 1, 2, 2, 3, 4))
    case = {
        "guest": draw_guest_that_fits_somewhere(rng),
        "cells": [draw_cell(rng, number, threads, legacy) for number in range(count)],
        "cpu_ratio": rng.choice((1.0, 2.0, 4.0)),
        "ram_ratio": rng.choice((1.0, 1.5)),
        "pools": [],
        "requests": [],
    }
    if rng.random() < 0.4:
        case["pools"] = [draw_pool(rng, count) for _ in range(rng.choice((1, 2, 3)))]
    if case["pools"] and rng.random() < 0.8:
        case["requests"] = [draw_request(rng) for _ in range(rng.choice((1, 1, 2)))]
    return case


def draw_pool(rng: random.Random, cells: int) -> dict[str, Any]:
    pool = {
        "vendor_id": "10de", "product_id": rng.choice(("20b0", "20b1")), "count": rng.choice((1, 2, 4)),
        "numa_node": rng.choice((None, *range(cells))), "dev_type": rng.choice(("type-PCI", "type-VF", "type-PF")),
    }  # fmt: skip
    return pool | draw_specs(rng, {"live_migratable": ("true", "false")}, 0.2)


def draw_request(rng: random.Random) -> dict[str, Any]:
    spec = {"vendor_id": rng.choice(("10de", "10DE")), "product_id": rng.choice(("20b0", "20b1"))}
    spec |= draw_specs(rng, {"dev_type": ("type-PCI", "type-VF", "type-PF")}, 0.5)
    spec |= draw_specs(rng, {"live_migratable": ("true", "false")}, 0.1)
    policy = rng.choice(("legacy", "preferred", "required", "socket"))
    return {"count": rng.choice((1, 1, 2, 3)), "spec": [spec], "policy": policy}


POLICIES = ("dedicated", "mixed", "shared", None)
GUEST_SPECS: dict[str, tuple[str | None, ...]] = {
    "hw:cpu_policy": POLICIES,
    "hw:cpu_thread_policy": ("prefer", "require", "isolate", None, None),
    "hw:emulator_threads_policy": ("isolate", "share", None, None),
    "hw:cpu_dedicated_mask": ("1", "^0", "0-1", "0-9", "^0-9", None, None, None),
    "hw:cpu_realtime": YES_NO,
    "hw:cpu_realtime_mask": ("^0", "1", "0-9", "^0-9", None),
    "resources:VCPU": ("2", None, None, None, None, None, None),
    "resources:PCPU": ("2", "3", "4", None, None, None, None, None, None),
    "trait:HW_CPU_HYPERTHREADING": ("required", "forbidden", None, None, None, None),
    "hw:mem_page_size": ("small", "large", "any", "2MB", None, None),
    "hw:locked_memory": YES_NO,
    "hw:mem_encryption": YES_NO,
    "hw:mem_encryption_model": ("amd-sev", "amd-sev-snp", "intel-tdx", None),
    "hw:numa_nodes": ("1", "2", "3", None, None),
    "hw:numa_cpus.0": ("0", "0-1", "0-2", None, None),
    "hw:numa_mem.0": ("512", "1024", None),
    "hw:numa_cpus.1": ("1", "2-3", None),
    "hw:numa_mem.1": ("512", None),
    "hw:cpu_max_sockets": ("1", "2", None),
    "hw:cpu_max_cores": ("1", "2", None),
    "hw:cpu_max_threads": ("1", "2", None),
    "hw:tpm_version": ("1.2", "2.0", None),
    "hw:tpm_model": ("tpm-tis", "tpm-crb", None),
    "hw:pmu": YES_NO,
    "hw:vif_multiqueue_enabled": YES_NO,
    "hw:virtio_packed_ring": YES_NO,
    "os:secure_boot": ("required", "disabled", None),
    "hw:sound_model": ("ich9", "usb", None),
    "hw:usb_model": ("none", "qemu-xhci", None),
    "hw:serial_port_count": ("1", "3", None),
    "hw:ephemeral_encryption": YES_NO,
    "hw:pci_numa_affinity_policy": ("required", "legacy", None),
}
ONLY_FLAVORS = ("hw:cpu_dedicated_mask", "hw:cpu_realtime", "hw:emulator_threads_policy", "resources:")
IMAGE_ONLY: dict[str, tuple[str | None, ...]] = {
    "hw_firmware_type": ("uefi", "uefi", "bios", None),
    "hw_machine_type": ("q35", "pc-q35-9.0", "pc", None),
    "hw_firmware_stateless": YES_NO,
    "hw_video_model": ("none", "virtio"),
    "hw_cpu_cores": ("1", "2", "4", None),
}


def draw_guest(rng: random.Random) -> dict[str, Any]:
    both = {
        key if key.startswith("trait") else key.replace(":", "_"): ("required", None) if "trait" in key else values
        for key, values in GUEST_SPECS.items()
        if not key.startswith(ONLY_FLAVORS) or key == "hw:cpu_realtime_mask"
    }
    chance = rng.choice((0.15, 0.3, 0.6))
    specs, properties = draw_specs(rng, GUEST_SPECS, chance), draw_specs(rng, both | IMAGE_ONLY, chance * 0.6)
    return {"vcpus": rng.choice((1, 2, 3, 4)), "ram_mib": 1024, "specs": specs, "properties": properties}


@pytest.fixture(scope="session")
def questions() -> dict[str, Any]:
    rng = random.Random(20)
    return {"fits": [draw_fit(rng) for _ in range(FITS)], "guests": [draw_guest(rng) for _ in range(GUESTS)]}


@pytest.fixture(scope="session")
def answers(common_folder: Path, questions: dict[str, Any]) -> dict[str, Any]:
    return ask_once(common_folder, "numa_driver.py", questions)


# ---- where guests fit ----------------------------------------------------------------------------------------------


def state_of(case: dict[str, Any]) -> State:
    cells = tuple(
        HostCell(
            cell["id"], frozenset(cell["cpus"]), frozenset(cell["pcpus"]), cell["memory"], cell["memory_used"],
            cell["cpu_usage"], frozenset(cell["pinned"]), tuple(frozenset(core) for core in cell["siblings"]),
            tuple(Pages(*pages) for pages in cell["pages"]), cell["socket"],
        )
        for cell in case["cells"]
    )  # fmt: skip
    pools = [
        PciPool(
            pool["vendor_id"], pool["product_id"], pool["count"], pool["dev_type"], pool["numa_node"],
            tags=tuple((key, pool[key]) for key in ("live_migratable",) if key in pool),
        )
        for pool in sorted(case["pools"], key=len)
    ]  # fmt: skip
    return State(cells, addressed(pools), Limits(case["cpu_ratio"], case["ram_ratio"]))


def want_of(case: dict[str, Any]) -> Want:
    guest = case["guest"]
    topology = guest_topology(guest["vcpus"], guest["ram_mib"], guest["specs"], guest["properties"])
    requests = tuple(
        PciRequest("gpu", one["count"], (tuple(one["spec"][0].items()),), one["policy"]) for one in case["requests"]
    )
    return Want(topology, requests)


def leaks(case: dict[str, Any]) -> bool:
    """Nova keeps the page size that one host cell gave, and asks the others for that one."""
    return len(case["cells"]) > 1 and case["guest"]["specs"].get("hw:mem_page_size") in ("any", "large", "small")


def test_guests_fit_where_they_fit_in_nova(questions: dict[str, Any], answers: dict[str, Any]) -> None:
    wrong, fitted, refused = [], 0, 0
    for number, (case, theirs) in enumerate(zip(questions["fits"], answers["fits"], strict=True)):
        ours = fit(state_of(case), want_of(case))
        fitted += theirs is not None
        refused += theirs is None
        if isinstance(ours, Claim) != (theirs is not None):
            if not (leaks(case) and isinstance(ours, Claim)):
                wrong.append((number, ours, theirs, case))
        elif isinstance(ours, Claim) and theirs is not None and not leaks(case):
            pairs = zip(ours.cells, theirs["cells"], strict=True)
            wrong += [(number, mine, nova, case) for mine, nova in pairs if mine.host_cell != nova["host"]]
    assert not wrong, (len(wrong), wrong[:2])
    assert min(fitted, refused) > FITS // 5


def test_guests_get_the_cpus_and_pages_that_nova_gives(questions: dict[str, Any], answers: dict[str, Any]) -> None:
    """On one cell: on several, Nova tells the pins of the cell it tried last, not of the one it chose.

    Cores are compared: which thread of a core comes first depends on the order of a set there.
    """
    seen = 0
    for case, theirs in zip(questions["fits"], answers["fits"], strict=True):
        if len(case["cells"]) == 1 and theirs is not None and want_of(case).topology is not None:
            ours = fit(state_of(case), want_of(case))
            assert isinstance(ours, Claim), case
            [cell], [nova] = ours.cells, theirs["cells"]
            core = {cpu: number for number, cpus in enumerate(case["cells"][0]["siblings"]) for cpu in cpus}
            assert [(cpu, core[pcpu]) for cpu, pcpu in cell.pcpus] == [(cpu, core[pcpu]) for cpu, pcpu in nova["pins"]]
            assert cell.page_size_kib == nova["page_size"], case
            if nova["apart"]:
                assert [core[cpu] for cpu in ours.emulator_cpus or ()] == [core[cpu] for cpu in nova["apart"]], case
            seen += 1
    assert seen > 100


# ---- which flavors and images disagree -----------------------------------------------------------------------------

SHAPES = {"maxima", "preferred", "possible"}
# Nova's check -> the rules that stand for it
STANDS_FOR: dict[str, Callable[[str], bool]] = {
    "cpu_shape": lambda name: name in SHAPES,
    "vtpm": lambda name: name in ("tpm", "hw_tpm_version", "hw_tpm_model"),
    "pmu": lambda name: name == "hw_pmu",
    "multiqueue": lambda name: name == "hw_vif_multiqueue_enabled",
    "packed_ring": lambda name: name == "hw_virtio_packed_ring",
    "secure_boot": lambda name: name == "os_secure_boot",
    "sound": lambda name: name == "hw_sound_model",
    "usb": lambda name: name == "hw_usb_model",
    "serial_ports": lambda name: name == "serial_ports",
    "ephemeral": lambda name: name == "hw_ephemeral_encryption",
    "pci_policy": lambda name: name == "hw_pci_numa_affinity_policy",
}
ELSEWHERE = {"hw_ephemeral_encryption_format", "hw_maxphysaddr_mode", "hw_redirected_usb_ports"}
ELSEWHERE |= {"img_hide_hypervisor_id"}


def known_to_differ(check: str, guest: Guest) -> str:
    """Return why one of ours may be refused where Nova's is not, or nothing."""
    specs, properties = guest.specs, guest.properties
    if check == "vtpm" and not (specs.get("hw:tpm_version") or properties.get("hw_tpm_version")):
        return "Nova does not look at the models of a TPM that nobody asks for"
    encrypts = any(key.endswith("mem_encryption") for key in (*specs, *properties))
    models = {specs.get("hw:mem_encryption_model"), properties.get("hw_mem_encryption_model")} - {None}
    if check == "topology" and len(models) == 2:
        return "Nova looks at the models of memory encryption only where some is asked"
    if check == "topology" and encrypts:
        return "Nova does not look at memory encryption where memory is locked anyway"
    lists = ("numa_cpus.0", "numa_mem.0")
    if check == "topology" and any(f"hw:{key}" in specs and f"hw_{key}" in properties for key in lists):
        return "Nova does not look at lists of nodes where nothing makes nodes"
    return ""


def test_what_nova_refuses_is_refused_with_a_rule(questions: dict[str, Any], answers: dict[str, Any]) -> None:
    wrong, counts = [], dict.fromkeys((*STANDS_FOR, "topology"), 0)
    for said, errors in zip(questions["guests"], answers["guests"], strict=True):
        guest = Guest(said["vcpus"], said["ram_mib"], said["specs"], said["properties"])
        asked = {rule.name: rule for rule in rules_for(guest.specs, guest.properties) if rule.name not in ELSEWHERE}
        refused = [name for name, rule in asked.items() if rule.wrong(guest)]
        left = {name for name in asked if not any(stands(name) for stands in STANDS_FOR.values())}
        for check, stands in {**STANDS_FOR, "topology": left.__contains__}.items():
            ours, theirs = [name for name in refused if stands(name)], errors.get(check)
            counts[check] += theirs is not None
            if bool(ours) != bool(theirs) and not (ours and known_to_differ(check, guest)):
                wrong.append((check, ours, theirs, said))
    assert not wrong, (len(wrong), wrong[:3])
    assert min(counts.values()) > 5, counts
