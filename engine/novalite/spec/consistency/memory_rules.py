# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of memory and NUMA nodes: pages, locking, encryption, nodes. Source: nova/virt/hardware.py. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.guest_topology import is_true
from novalite.spec import ids
from novalite.spec.consistency.rule import Rule

if TYPE_CHECKING:
    from novalite.model.guest_topology import Guest


def _image_pages(guest: Guest) -> str:
    flavor, image = guest.specs.get("hw:mem_page_size"), guest.properties.get("hw_mem_page_size")
    if not image or flavor in ("any", "large"):
        return ""
    against = f"the flavor says {flavor}" if flavor else "the flavor allows none"
    return f"the image asks for pages of {image}, and {against}"


def _locked(guest: Guest) -> str:
    specs, properties = guest.specs, guest.properties
    locked = is_true(specs.get("hw:locked_memory", properties.get("hw_locked_memory")))
    if not locked or specs.get("hw:mem_page_size") or properties.get("hw_mem_page_size"):
        return ""
    return "locked memory needs a page size"


def encryption_model(guest: Guest) -> str | None:
    """Return the model of memory encryption, amd-sev unless said; None where none is asked."""
    asked = is_true(guest.specs.get("hw:mem_encryption")) or is_true(guest.properties.get("hw_mem_encryption"))
    key = "mem_encryption_model"
    said = guest.specs.get(f"hw:{key}") or guest.properties.get(f"hw_{key}")
    return said or "amd-sev" if asked else None


def _encryption(guest: Guest) -> str:
    model, image = encryption_model(guest), guest.properties
    if model is None:
        return ""
    machine = image.get("hw_machine_type")
    stateless = is_true(image.get("hw_firmware_stateless"))
    needs = (
        (image.get("hw_firmware_type") == "uefi", "hw_firmware_type: uefi"),
        (machine is None or "q35" in machine, "a machine type of the kind q35"),
        (model not in ("amd-sev-snp", "intel-tdx") or stateless, 'hw_firmware_stateless: "true"'),
        (model != "intel-tdx" or image.get("hw_video_model") == "none", "hw_video_model: none"),
    )
    missing = [what for holds, what in needs if not holds]
    return f"memory encryption ({model}) needs {' and '.join(missing)} of the image" if missing else ""


def _image_nodes(guest: Guest) -> str:
    for key in ("numa_nodes", "numa_cpus.0", "numa_mem.0"):
        if f"hw:{key}" in guest.specs and f"hw_{key}" in guest.properties:
            return f"the flavor defines {key}, and an image cannot define it again"
    return ""


def _lists(guest: Guest) -> str:
    if not guest.has_numa:
        return ""
    nodes, cpus, memory = guest.nodes or 1, len(guest.node_cpus), len(guest.node_memory)
    if cpus == memory and cpus in (0, nodes):
        return ""
    return f"{nodes} NUMA nodes have {cpus} lists of CPUs and {memory} sizes of memory: each node needs both, or none"


def _even(guest: Guest) -> str:
    nodes = guest.nodes or 1
    if not guest.has_numa or guest.node_cpus or guest.node_memory:
        return ""
    for number, what in ((guest.vcpus, "vCPUs"), (guest.ram_mib, "MiB of memory")):
        if number % nodes:
            return f"{number} {what} cannot be shared out evenly over {nodes} NUMA nodes"
    return ""


def _node_cpus(guest: Guest) -> str:
    if not guest.has_numa or not guest.node_cpus:
        return ""
    given = [cpu for cpus in guest.node_cpus for cpu in sorted(cpus)]
    if max(given, default=0) >= guest.vcpus:
        return f"a NUMA node has CPU {max(given)}, and the last is {guest.vcpus - 1}"
    twice = sorted({cpu for cpu in given if given.count(cpu) > 1})
    if twice:
        return f"CPU {twice[0]} is in two NUMA nodes"
    left = sorted(set(range(guest.vcpus)) - set(given))
    return f"CPU {left[0]} is in no NUMA node" if left else ""


def _node_memory(guest: Guest) -> str:
    total = sum(guest.node_memory)
    if not guest.has_numa or not guest.node_memory or total == guest.ram_mib:
        return ""
    return f"the NUMA nodes have {total}MiB of memory together, and the flavor {guest.ram_mib}MiB"


_PAGES = (("hw:mem_page_size",), ("hw_mem_page_size",))
_NODES = (("hw:numa_nodes", "hw:numa_cpus.", "hw:numa_mem."), ("hw_numa_nodes", "hw_numa_cpus.", "hw_numa_mem."))
_CPUS = (("hw:numa_cpus.", "hw:numa_nodes"), ("hw_numa_cpus.", "hw_numa_nodes"))
_MEMORY = (("hw:numa_mem.", "hw:numa_nodes"), ("hw_numa_mem.", "hw_numa_nodes"))
_BOTH = "say hw:numa_cpus.N and hw:numa_mem.N of every node, or of none"
_ENCRYPT = (
    ("hw:mem_encryption", "hw:mem_encryption_model"),
    ("hw_mem_encryption", "hw_mem_encryption_model", "hw_firmware_type", "hw_machine_type", "hw_video_model"),
)

RULES = (
    Rule(ids.PAGES, "image_pages", _image_pages, *_PAGES, "a flavor that says any or large lets the image choose"),
    Rule(ids.PAGES, "locked", _locked, ("hw:locked_memory",), ("hw_locked_memory",), "say hw:mem_page_size"),
    Rule(ids.ENCRYPTION, "encryption", _encryption, *_ENCRYPT),
    Rule(ids.GUEST_NUMA, "image_nodes", _image_nodes, *_NODES, "take the image's away"),
    Rule(ids.GUEST_NUMA, "lists", _lists, *_NODES, _BOTH),
    Rule(ids.GUEST_NUMA, "even", _even, *_NODES, _BOTH),
    Rule(ids.GUEST_NUMA, "node_cpus", _node_cpus, *_CPUS),
    Rule(ids.GUEST_NUMA, "node_memory", _node_memory, *_MEMORY),
)
