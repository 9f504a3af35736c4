# SPDX-License-Identifier: GPL-3.0-or-later
"""From a flavor's extra specs and an image's properties to the guest's NUMA topology. Pure.

What is read here has passed ``validate`` (spec/consistency); where flavor and image may both speak, the functions say
which of them is heard. Source: nova/virt/hardware.py, numa_get_constraints.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.cpu_list import cpus_from_text, mask_from_text
from novalite.model.numa import GuestCell, GuestTopology

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from novalite.model.flavor import Flavor
    from novalite.model.image import Image

SHARED, DEDICATED, MIXED = "shared", "dedicated", "mixed"
PREFER, ISOLATE, REQUIRE = "prefer", "isolate", "require"
HYPERTHREADING = "HW_CPU_HYPERTHREADING"

_SIZE = re.compile(r"(\d+)(?:([KkMGT])i?B)?", re.ASCII)
_KIB = {"": 1, "k": 1, "K": 1, "M": 1024, "G": 1024**2, "T": 1024**3}
_TRUE = frozenset(("1", "t", "true", "on", "y", "yes"))
_MOST_NODES = 128  # nova/objects/image_meta.py, NUMA_NODES_MAX


def is_true(text: str | None) -> bool:
    """Return what a text says where Nova reads a truth value. Source: oslo_utils/strutils.py, bool_from_string."""
    return text is not None and text.strip().lower() in _TRUE


@attrs.frozen(slots=False)
class Guest:
    """What flavor and image together say of guest hardware; each answer is worked out when it is first asked for."""

    vcpus: int
    ram_mib: int
    specs: Mapping[str, str]
    properties: Mapping[str, str]

    @cached_property
    def cpu_policy(self) -> str | None:
        """Return the CPU policy: the flavor's, else the image's; ``resources:PCPU`` and ``:VCPU`` imply one."""
        for resource, policy in (("VCPU", SHARED), ("PCPU", DEDICATED)):
            if self.asked(resource):
                return policy
        return self.specs.get("hw:cpu_policy") or self.properties.get("hw_cpu_policy")

    @cached_property
    def pins(self) -> bool:
        """Tell whether any CPU is pinned."""
        return self.cpu_policy in (DEDICATED, MIXED)

    @cached_property
    def thread_policy(self) -> str | None:
        """Return the thread policy: an image may choose where the flavor says nothing, or prefer. A trait implies one.

        Where the flavor says prefer and the image something else, Nova hears the flavor.
        """
        said = self.specs.get("hw:cpu_thread_policy") or self.properties.get("hw_cpu_thread_policy")
        trait = self.hyperthreading_trait
        return {"required": REQUIRE, "forbidden": ISOLATE}[trait] if trait in ("required", "forbidden") else said

    @cached_property
    def hyperthreading_trait(self) -> str | None:
        """Return what the flavor, else the image says of the trait HW_CPU_HYPERTHREADING."""
        key = next((key for key in self.specs if re.match(rf"trait([1-9][0-9]*)?:{HYPERTHREADING}$", key)), None)
        return self.specs[key] if key else self.properties.get(f"trait:{HYPERTHREADING}")

    @cached_property
    def emulator_policy(self) -> str | None:
        """Return the flavor's emulator threads policy."""
        return self.specs.get("hw:emulator_threads_policy") or None

    @cached_property
    def is_realtime(self) -> bool:
        """Tell whether the flavor asks for realtime."""
        return is_true(self.specs.get("hw:cpu_realtime"))

    @cached_property
    def realtime_cpus(self) -> frozenset[int]:
        """Return the realtime CPUs: of the image's mask, else the flavor's, else all. Raises: ValueError."""
        if not self.is_realtime:
            return frozenset()
        mask = self.properties.get("hw_cpu_realtime_mask") or self.specs.get("hw:cpu_realtime_mask")
        return mask_from_text(mask, self.vcpus) if mask else frozenset(range(self.vcpus))

    @cached_property
    def dedicated_mask(self) -> frozenset[int] | None:
        """Return the CPUs of the flavor's dedicated mask, None where it has none. Raises: ValueError."""
        mask = self.specs.get("hw:cpu_dedicated_mask")
        return mask_from_text(mask, self.vcpus) if mask else None

    @cached_property
    def pinned_cpus(self) -> frozenset[int]:
        """Return the guest CPUs that are pinned. Raises: ValueError."""
        if self.cpu_policy == DEDICATED:
            return frozenset(range(self.vcpus))
        if self.cpu_policy == MIXED:
            return self.dedicated_mask or self.realtime_cpus
        return frozenset()

    @cached_property
    def page_size(self) -> str | None:
        """Return small, large, any or KiB as digits; the image narrows a flavor's any or large. Raises: ValueError."""
        asked = self.specs.get("hw:mem_page_size")
        image = self.properties.get("hw_mem_page_size")
        chosen = image if image and asked in ("any", "large") else asked
        return page_size_from_text(chosen) if chosen else None

    @cached_property
    def nodes(self) -> int | None:
        """Return how many NUMA nodes are asked for. Raises: ValueError."""
        said = self.specs.get("hw:numa_nodes") or self.properties.get("hw_numa_nodes")
        return int(said) if said else None

    @cached_property
    def has_numa(self) -> bool:
        """Tell whether anything makes a topology: nodes, pages, persistent memory or pinning. Raises: ValueError."""
        pmem = any(label.strip() for label in self.specs.get("hw:pmem", "").split(","))
        return bool(self.nodes or self.page_size or pmem or self.pins)

    @cached_property
    def node_cpus(self) -> tuple[frozenset[int], ...]:
        """Return each node's CPUs as given; empty where none are. Raises: ValueError."""
        return tuple(cpus_from_text(text) for text in self._by_node("numa_cpus"))

    @cached_property
    def node_memory(self) -> tuple[int, ...]:
        """Return each node's MiB as given; empty where none are. Raises: ValueError."""
        return tuple(int(text) for text in self._by_node("numa_mem"))

    def asked(self, resource: str) -> int:
        """Return the sum of what ``resources:CLASS`` asks, in numbered groups too."""
        pattern = re.compile(rf"resources([1-9][0-9]*)?:{resource}$")
        return sum(int(value) for key, value in self.specs.items() if pattern.match(key) and value.isdigit())

    def _by_node(self, key: str) -> Iterable[str]:
        for prefix, said in (("hw:", self.specs), ("hw_", self.properties)):
            if f"{prefix}{key}.0" in said:
                names = (f"{prefix}{key}.{node}" for node in range(_MOST_NODES))
                for name in names:
                    if name not in said:
                        return
                    yield said[name]
                return


def page_size_from_text(text: str) -> str:
    """Return small, large, any, or a number of KiB as digits; a bare number is KiB. Raises: ValueError."""
    if text in ("small", "large", "any"):
        return text
    found = _SIZE.fullmatch(text.strip())
    if found is None or not int(found[1]):
        msg = f'"{text[:40]}" is not small, large, any or a size such as 2MiB'
        raise ValueError(msg)
    return str(int(found[1]) * _KIB[found[2] or ""])


def guest_topology(
    vcpus: int, ram_mib: int, specs: Mapping[str, str], properties: Mapping[str, str]
) -> GuestTopology | None:
    """Return the guest's topology, None where nothing asks for one. Raises: ValueError for what validate refuses."""
    if not any(key.startswith(("hw:", "resources", "trait")) for key in specs) and not any(
        key.startswith("hw_") for key in properties
    ):
        return None
    guest = Guest(vcpus, ram_mib, specs, properties)
    if not guest.has_numa:
        return None
    nodes = guest.nodes or 1
    cpus = guest.node_cpus or _even_cpus(vcpus, nodes)
    memory = guest.node_memory or (ram_mib // nodes,) * nodes
    cells = tuple(
        GuestCell(
            id=node,
            cpus=cpus[node] - guest.pinned_cpus,
            pcpus=cpus[node] & guest.pinned_cpus,
            memory_mib=memory[node],
            page_size=guest.page_size,
            thread_policy=guest.thread_policy,
        )
        for node in range(min(nodes, len(cpus), len(memory)))
    )
    return GuestTopology(cells, guest.emulator_policy, guest.cpu_policy, guest.realtime_cpus)


def hardware_wishes(flavor: Flavor, image: Image) -> dict[str, Any]:
    """Return the fields ``topology`` and ``pci`` of a scheduler's Shape; none where neither is asked.

    A policy that flavor or image states (``pci_numa_affinity_policy``) goes before those of the aliases.
    Raises: ValueError for what validate refuses.
    """
    wishes: dict[str, Any] = {}
    topology = guest_topology(flavor.vcpus, flavor.ram_mib, flavor.extra_specs, image.properties)
    if topology is not None:
        wishes["topology"] = topology
    if flavor.pci:
        key = "pci_numa_affinity_policy"
        policy = flavor.extra_specs.get(f"hw:{key}") or image.properties.get(f"hw_{key}")
        wishes["pci"] = tuple(
            attrs.evolve(request, numa_policy=policy or request.numa_policy) for request in flavor.pci
        )
    return wishes


def _even_cpus(vcpus: int, nodes: int) -> tuple[frozenset[int], ...]:
    share = vcpus // nodes
    return tuple(frozenset(range(node * share, (node + 1) * share)) for node in range(nodes))
