# SPDX-License-Identifier: GPL-3.0-or-later
"""A shape whose guest hardware is asked otherwise: topology, CPUs, memory and traits follow, as if it were made anew.

What a flavor says of hardware stands in several places of a shape (extra specs, PCPU or VCPU, topology, traits), so a
wish is not taken back by changing one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.guest_topology import DEDICATED, SHARED, guest_topology
from novalite.model.relaxation import Relaxation
from novalite.model.resource import MEMORY_MB, PCPU, VCPU
from novalite.schedule.hardware import traits_of_hardware
from novalite.shared import amounts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.schedule.request import Shape

_OF_CPUS = ("cpu_policy", "cpu_thread_policy", "emulator_threads_policy", "cpu_realtime", "cpu_realtime_mask",
            "cpu_dedicated_mask")  # fmt: skip
# What is said together with a key, and means nothing, or is refused, without it; all as hw:KEY and hw_KEY.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "cpu_policy": _OF_CPUS,
    "cpu_thread_policy": ("cpu_thread_policy",),
    "emulator_threads_policy": ("emulator_threads_policy",),
    "mem_page_size": ("mem_page_size",),
    "numa_nodes": ("numa_nodes", "numa_cpus.", "numa_mem."),  # a dot ends a beginning: numa_cpus.0, numa_cpus.1, ...
}
AFFINITY = "hw:pci_numa_affinity_policy"
_MORE = 0.2  # what it costs besides, where other wishes go with one
# Who says these says each CPU or node by its number: with fewer of them it would be another flavor.
_BY_NUMBER = ("numa_cpus.", "numa_mem.", "cpu_dedicated_mask", "cpu_realtime_mask")


def family_of(key: str) -> tuple[str, ...]:
    """Return the keys that go with an extra spec or image property; none where it is not of the guest's topology."""
    return FAMILIES.get(key[3:], ()) if key[:3] in ("hw:", "hw_") else ()


def said(shape: Shape, key: str) -> list[tuple[str, str]]:
    """Return what extra specs and image properties (last) say of a key's family: the key itself first."""
    found = [pair for pair in (*shape.extra_specs, *shape.image_properties) if _is_of(pair[0], FAMILIES[key])]
    return sorted(found, key=lambda pair: pair[0][3:] != key)


def without_said(rule: str, key: str, value: str, more: str = "") -> Relaxation:
    """Return the change: without what an extra spec or image property says; ``more`` is said of it besides."""
    kind = "extra_spec" if key.startswith("hw:") else "image_property"
    text = f"without the {kind.replace('_', ' ')} {key}: {value}{more}"
    return Relaxation(kind, rule, key, text, value, None, _MORE if more else 0.0)


def unpinned(rule: str, shape: Shape) -> tuple[Relaxation, ...]:
    """Return the change from pinned CPUs to shared ones; none where it is not the policy that pins them."""
    pairs = [pair for pair in said(shape, "cpu_policy") if pair[0][3:] == "cpu_policy" and pair[1] != SHARED]
    return tuple(without_said(rule, *pair, ", with shared CPUs") for pair in pairs[:1])


def without_family(shape: Shape, key: str) -> Shape:
    """Return the shape as if neither flavor nor image said anything of a key's family."""
    family = FAMILIES[key]
    return _made_anew(
        shape,
        extra_specs=tuple(pair for pair in shape.extra_specs if not _is_of(pair[0], family)),
        image_properties=tuple(pair for pair in shape.image_properties if not _is_of(pair[0], family)),
    )


def with_spec(shape: Shape, key: str, value: str) -> Shape:
    """Return the shape with an extra spec of the guest's topology, or of the nearness of its devices, set."""
    specs = tuple(sorted({**shape.specs, key: value}.items()))
    if key == AFFINITY:
        near = tuple(attrs.evolve(asked, numa_policy=value) for asked in shape.pci)
        return attrs.evolve(shape, extra_specs=specs, pci=near)
    return _made_anew(shape, extra_specs=specs)


def with_amount(shape: Shape, resource: str, amount: int) -> Shape:
    """Return the shape with another amount of a class of its own; CPUs and memory of its topology follow."""
    if shape.topology is None or resource not in (VCPU, PCPU, MEMORY_MB):
        return attrs.evolve(shape, resources=tuple({**shape.amounts, resource: amount}.items()))
    if resource == MEMORY_MB:
        return _made_anew(shape, ram_mib=amount)
    return _made_anew(shape, vcpus=amount - _beside(shape))


def is_possible(shape: Shape, resource: str, amount: int) -> bool:
    """Tell whether a flavor could ask an amount of a class, as it says the rest: nodes are alike, masks name CPUs."""
    topology = shape.topology
    if topology is None or resource not in (VCPU, PCPU, MEMORY_MB):
        return amount > 0
    if any(_is_of(key, _BY_NUMBER) for key, _ in (*shape.extra_specs, *shape.image_properties)):
        return False
    if resource == MEMORY_MB:
        return amount > 0 and amount % len(topology.cells) == 0
    if (resource == PCPU) != (topology.cpu_policy == DEDICATED) or amounts.is_class(_declared(shape)):
        return False
    cpus = amount - _beside(shape)
    return cpus > 0 and cpus % len(topology.cells) == 0


def _is_of(key: str, family: tuple[str, ...]) -> bool:
    name = key[3:] if key[:3] in ("hw:", "hw_") else ""
    return any(name.startswith(one) if one.endswith(".") else name == one for one in family)


def _declared(shape: Shape) -> str:
    """Return the class of CPUs that an extra spec asks by number (``resources:PCPU``): it goes before the policy."""
    return next((name for name in (VCPU, PCPU) if f"resources:{name}" in shape.specs), "")


def _beside(shape: Shape) -> int:
    """Return how many pinned CPUs are not the guest's own: that of isolated emulator threads."""
    return shape.amounts.get(VCPU, 0) + shape.amounts.get(PCPU, 0) - _vcpus(shape)


def _vcpus(shape: Shape) -> int:
    cells = shape.topology.cells if shape.topology is not None else ()
    return sum(len(cell.cpus) + len(cell.pcpus) for cell in cells)


def _made_anew(shape: Shape, *, vcpus: int | None = None, ram_mib: int | None = None, **said: Any) -> Shape:
    """Return the shape with other extra specs or image properties, CPUs or memory, and all that follows of them."""
    new = attrs.evolve(shape, **said)
    cpus = _vcpus(shape) if vcpus is None else vcpus
    memory = shape.amounts.get(MEMORY_MB, 0) if ram_mib is None else ram_mib
    before = _follows(shape, _vcpus(shape), shape.amounts.get(MEMORY_MB, 0))
    after = _follows(new, cpus, memory)
    kept = {name: amount for name, amount in shape.resources if name not in before[0]}
    return attrs.evolve(
        new,
        resources=tuple(sorted((kept | after[0]).items())),
        required=_exchanged(shape, shape.required, before[1], after[1]),
        forbidden=_exchanged(shape, shape.forbidden, before[2], after[2]),
        topology=guest_topology(cpus, memory, new.specs, new.properties),
    )


def _follows(shape: Shape, vcpus: int, ram_mib: int) -> tuple[dict[str, int], frozenset[str], frozenset[str]]:
    """Return CPUs and memory, required and forbidden traits of a flavor with these extra specs."""
    spec = {"extra_specs": shape.specs, "vcpus": vcpus, "ram_mib": ram_mib}
    spec |= {"disk_gib": 0, "ephemeral_gib": 0, "swap_mib": 0}
    own = amounts.resources_by_group(spec, shape.properties).get(amounts.UNSUFFIXED, {})
    return {name: own[name] for name in (VCPU, PCPU, MEMORY_MB) if name in own}, *traits_of_hardware(
        spec, shape.properties
    )


def _exchanged(shape: Shape, traits: frozenset[str], before: frozenset[str], after: frozenset[str]) -> frozenset[str]:
    """Return traits with those that hardware asks now, not before; what is asked by name stays."""
    by_name = {key.partition(":")[2] for key in (*shape.specs, *shape.properties) if key.startswith("trait:")}
    return (traits - (before - by_name)) | after
