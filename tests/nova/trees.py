# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated provider trees and requests, and how both are written down for Placement's side."""

from __future__ import annotations

import random
from typing import Any

import attrs
from nova.case import identity

from novalite.model.aggregate import Aggregate
from novalite.model.provider import Provider, SharingProvider
from novalite.model.resource import Inventory
from novalite.schedule.host import Host
from novalite.schedule.request import Group, Shape

Random = random.Random
TRAITS = ("CUSTOM_A", "CUSTOM_B", "CUSTOM_C")
CLASSES = ("CUSTOM_NIC",)
AGGREGATES = ("rack-1", "rack-2", "storage")


@attrs.frozen
class Trees:
    """Some hosts with what is in them, what they share, and requests."""

    hosts: tuple[Host, ...]
    sharing: tuple[SharingProvider, ...]
    aggregates: tuple[Aggregate, ...]
    shapes: tuple[Shape, ...]

    def to_json(self) -> dict[str, Any]:
        """Write them for the driver."""
        return {"providers": self._providers(), "queries": [query(shape) for shape in self.shapes]}

    def _providers(self) -> list[dict[str, Any]]:
        found = []
        for host in self.hosts:
            inside = [one.name for one in self.aggregates if host.name in one.hosts]
            found.append(_provider(host, None, inside))
            found += [_provider(child, child.parent or host.name, [], host.name) for child in host.providers]
        for shared in self.sharing:
            found.append(_provider(shared, None, shared.aggregates))
            found[-1]["traits"].append("MISC_SHARES_VIA_AGGREGATE")
        return found


def _provider(held: Any, parent: str | None, aggregates: Any, prefix: str = "") -> dict[str, Any]:
    def full(name: str) -> str:
        return f"{prefix}/{name}" if prefix and name != prefix else name

    return {
        "name": full(held.name),
        "parent": full(parent) if parent else None,
        "inventories": {name: attrs.asdict(one) for name, one in held.inventories.items()},
        "used": dict(held.used),
        "traits": sorted(held.traits),
        "aggregates": [identity(name) for name in aggregates],
    }


def query(shape: Shape) -> list[tuple[str, str]]:
    """Return the parameters of ``GET /allocation_candidates``."""
    found = _group("", shape.resources, shape.required, shape.forbidden, shape.any_of)
    for group in shape.groups:
        found += _group(f"_{group.suffix}", group.resources, group.required, group.forbidden, group.any_of)
    if len(shape.groups) > 1:
        found.append(("group_policy", shape.group_policy))
    found += [("same_subtree", ",".join(sorted(f"_{name}" for name in names))) for names in shape.same_subtree]
    found += [("member_of", "in:" + ",".join(sorted(map(identity, names)))) for names in shape.member_of]
    if words := [*sorted(shape.root_required), *(f"!{trait}" for trait in sorted(shape.root_forbidden))]:
        found.append(("root_required", ",".join(words)))
    if shape.not_member_of:
        found.append(("member_of", "!in:" + ",".join(sorted(map(identity, shape.not_member_of)))))
    return found


def _group(suffix: str, resources: Any, required: Any, forbidden: Any, any_of: Any) -> list[tuple[str, str]]:
    found = []
    if resources:
        found.append((f"resources{suffix}", ",".join(f"{name}:{amount}" for name, amount in resources)))
    if words := [*sorted(required), *(f"!{trait}" for trait in sorted(forbidden))]:
        found.append((f"required{suffix}", ",".join(words)))
    return found + [(f"required{suffix}", "in:" + ",".join(sorted(traits))) for traits in any_of]


# ---- drawing -------------------------------------------------------------------------------------------------------


def trees(seed: int, queries: int) -> Trees:
    """Return one world, always the same for a seed."""
    rng = Random(f"trees/{seed}")
    shared = rng.random() < 0.5
    names = [f"w{seed}-kvm-{index}" for index in range(1, rng.choice((2, 3)) + 1)]
    pools = (SharingProvider(f"w{seed}-nfs", ("storage",), {"DISK_GB": Inventory(rng.choice((10, 100)))},
                             traits=_traits(rng, 0.2)),) if shared else ()  # fmt: skip
    users = rng.sample(names, rng.randint(1, len(names))) if shared else []
    hosts = tuple(_host(rng, name, own_disk=name not in users) for name in names)
    racks = [rng.choice(("rack-1", "rack-2")) for _ in names]
    aggregates = tuple(
        Aggregate(rack, tuple(name for name, where in zip(names, racks, strict=True) if where == rack))
        for rack in ("rack-1", "rack-2")
    )
    roots = Random(f"roots/{seed}")
    shapes = tuple(_of_root(roots, _shape(rng)) for _ in range(queries))
    return Trees(hosts, pools, (*aggregates, Aggregate("storage", tuple(users))), shapes)


def _of_root(rng: Random, shape: Shape) -> Shape:
    """Let a shape ask traits of the host itself, now and then."""
    required = _traits(rng, 0.06)
    return attrs.evolve(shape, root_required=required, root_forbidden=_traits(rng, 0.04) - required)


def _traits(rng: Random, share: float) -> frozenset[str]:
    return frozenset(trait for trait in TRAITS if rng.random() < share)


def _inventory(rng: Random, total: int) -> Inventory:
    return Inventory(
        total,
        reserved=rng.choice((0, 0, 0, 1)),
        min_unit=rng.choice((*[1] * 9, 2)),
        max_unit=rng.choice((*[total] * 5, max(total // 2, 1))),
        step_size=rng.choice((*[1] * 9, 2)),
        allocation_ratio=rng.choice((1.0, 1.0, 1.5, 2.0)),
    )


def _host(rng: Random, name: str, *, own_disk: bool) -> Host:
    """NUMA nodes with CPUs and memory, or both on the root; devices on the root or below a NUMA node."""
    root = {"DISK_GB": _inventory(rng, rng.choice((20, 50)))} if own_disk else {}
    inner: list[Provider] = []
    if rng.random() < 0.5:
        for number in range(rng.choice((1, 2))):
            held = {"VCPU": _inventory(rng, rng.choice((2, 4, 8))), "MEMORY_MB": _inventory(rng, 1024)}
            inner.append(Provider(f"numa{number}", held, used=_used(rng, held), traits=_traits(rng, 0.3)))
    else:
        root |= {"VCPU": _inventory(rng, rng.choice((4, 8))), "MEMORY_MB": _inventory(rng, 2048)}
    cells = [provider.name for provider in inner]
    for number in range(rng.choice((0, 1, 2, 3, 3, 4))):
        parent = rng.choice([None, *cells])
        kind = rng.choice(("VGPU", "CUSTOM_NIC"))
        held = {kind: _inventory(rng, rng.choice((1, 2, 4, 4)))}
        inner.append(Provider(f"dev{number}", held, used=_used(rng, held), traits=_traits(rng, 0.4), parent=parent))
    return Host(name, inventories=root, used=_used(rng, root), traits=_traits(rng, 0.4), providers=tuple(inner))


def _used(rng: Random, held: dict[str, Inventory]) -> dict[str, int]:
    return {name: rng.randint(1, one.total) for name, one in held.items() if rng.random() < 0.2}


def _shape(rng: Random) -> Shape:
    resources = {"VCPU": rng.choice((1, 1, 2, 3)), "MEMORY_MB": rng.choice((256, 512, 1024))}
    if rng.random() < 0.6:
        resources["DISK_GB"] = rng.choice((4, 4, 11))
    if rng.random() < 0.15:
        resources["VGPU"] = 1
    required = _traits(rng, 0.08)
    groups = tuple(_asked_group(rng, str(number)) for number in range(rng.choice((0, 0, 1, 1, 1, 2, 2))))
    subtree = len(groups) == 2 and rng.random() < 0.4
    return Shape(
        resources=tuple(sorted(resources.items())),
        required=required,
        forbidden=_traits(rng, 0.05) - required,
        any_of=(frozenset(rng.sample(TRAITS, 2)),) if rng.random() < 0.15 else (),
        groups=groups,
        group_policy=rng.choice(("none", "isolate")),
        same_subtree=(frozenset({"0", "1"}),) if subtree else (),
        member_of=(frozenset(rng.sample(("rack-1", "rack-2"), 1)),) if rng.random() < 0.2 else (),
        not_member_of=frozenset({rng.choice(AGGREGATES[:2])}) if rng.random() < 0.15 else frozenset(),
    )


def _asked_group(rng: Random, suffix: str) -> Group:
    resources = rng.choice((("VGPU", 1), ("VGPU", 2), ("CUSTOM_NIC", 1), ("VCPU", 1)))
    required = _traits(rng, 0.12)
    return Group(
        suffix,
        (resources,),
        required=required,
        forbidden=_traits(rng, 0.05) - required,
        any_of=(frozenset(rng.sample(TRAITS, 2)),) if rng.random() < 0.2 else (),
    )
