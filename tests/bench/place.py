"""Generated batches: 8 flavors, 3 kinds of hosts, 3 traits, 8 zones made of aggregates, hard anti-affinity groups.

The same seed makes the same problem for everybody: as novalite's own values (``instances_of``, ``hosts_of``: what
validated files become) and as plain numbers (``Problem``) for the prototype.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from novalite.model.aggregate import Aggregate
from novalite.model.flavor import Flavor
from novalite.model.image import Image
from novalite.model.instance import Instance
from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.schedule.host import Host

FLAVORS = (
    (1, 2048, 20),
    (2, 4096, 40),
    (4, 8192, 80),
    (8, 16384, 160),
    (2, 16384, 40),
    (8, 8192, 40),
    (16, 32768, 200),
    (1, 1024, 10),
)
KINDS = ((64, 262144, 4000), (96, 393216, 8000), (128, 524288, 8000))
RATIO = 4  # of virtual CPUs
ZONES = 8
TRAIT_SHARES = (0.5, 0.1, 0.7)  # of the hosts have it
GROUPS = 0.15  # chance that a step opens a group of 3 to 7


@dataclass(frozen=True)
class Problem:
    """Plain numbers: a trait is a bit, no zone and no group are -1."""

    hosts: list[tuple[int, int, int]]  # CPUs, MiB, GiB
    traits: list[int]
    zones: list[int]
    asked: list[tuple[int, int, int, int]]  # flavor, traits, zone, group

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return 1 + max((group for *_, group in self.asked), default=-1)


def problem(hosts: int, instances: int, groups: float = GROUPS, seed: int = 1) -> Problem:
    """``groups``: 0 for none, 1 for every instance in one."""
    rng = random.Random(seed)
    kinds = [KINDS[rng.randrange(3)] for _ in range(hosts)]
    traits = [sum(1 << bit for bit, share in enumerate(TRAIT_SHARES) if rng.random() < share) for _ in range(hosts)]
    zones = [rng.randrange(ZONES) for _ in range(hosts)]
    asked: list[tuple[int, int, int, int]] = []
    opened = 0
    while len(asked) < instances:
        zone = rng.choice([-1, -1, -1, rng.randrange(ZONES)])
        kind = (rng.randrange(len(FLAVORS)), rng.choice([0, 0, 0, 0, 1, 1, 4, 2]), zone)
        if rng.random() < groups:
            size = min(rng.choice([3, 5, 5, 7]), instances - len(asked))
            asked += [(*kind, opened)] * size
            opened += 1
        else:
            asked.append((*kind, -1))
    return Problem(kinds, traits, zones, asked)


def host_name(index: int) -> str:
    """kvm-00000, ..."""
    return f"kvm-{index:05d}"


def hosts_of(found: Problem) -> list[Host]:
    """The hosts as the scheduler takes them."""
    kinds = {  # hosts of a kind share what they have, as they do when they were observed
        (cpus, memory, disk): {
            "VCPU": Inventory(cpus, allocation_ratio=float(RATIO)),
            "MEMORY_MB": Inventory(memory),
            "DISK_GB": Inventory(disk),
        }
        for cpus, memory, disk in KINDS
    }
    return [
        Host(host_name(index), traits=frozenset(_traits(found.traits[index])), inventories=kinds[kind])
        for index, kind in enumerate(found.hosts)
    ]


def aggregates_of(found: Problem) -> list[Aggregate]:
    """An aggregate a zone."""
    return [
        Aggregate(
            f"rack-{number}",
            tuple(host_name(index) for index, zone in enumerate(found.zones) if zone == number),
            {"availability_zone": f"az{number}"},
        )
        for number in range(ZONES)
    ]


def zones_of(found: Problem) -> dict[str, str]:
    """Host -> zone, as the fleet knows it from its aggregates."""
    return {host_name(index): f"az{zone}" for index, zone in enumerate(found.zones)}


def instances_of(found: Problem) -> list[Instance]:
    """The instances as the fleet's files become: flavors, images and groups are shared."""
    flavors = [Flavor(f"f{index}", *size) for index, size in enumerate(FLAVORS)]
    images = {bits: _image(bits) for bits in range(1 << len(TRAIT_SHARES))}
    groups = [ServerGroup(f"g{index}", "anti-affinity") for index in range(found.groups)]
    return [
        Instance(
            "bench",
            f"vm-{index:06d}",
            flavors[flavor],
            images[bits],
            group=groups[group] if group >= 0 else None,
            availability_zone=f"az{zone}" if zone >= 0 else None,
        )
        for index, (flavor, bits, zone, group) in enumerate(found.asked)
    ]


def _traits(bits: int) -> list[str]:
    return [f"CUSTOM_T{bit}" for bit in range(len(TRAIT_SHARES)) if bits >> bit & 1]


def _image(bits: int) -> Image:
    properties = {f"trait:{trait}": "required" for trait in _traits(bits)}
    return Image(f"image-{bits}", "https://images.example/image.qcow2", f"{bits:064x}", "qcow2", properties=properties)
