# SPDX-License-Identifier: GPL-3.0-or-later
"""What the themes draw from: ordinary values and awkward ones, the same for the same seed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from novalite.model.aggregate import Aggregate
from novalite.model.resource import Inventory
from novalite.schedule.host import Host

if TYPE_CHECKING:
    from collections.abc import Callable

Parts = dict[str, Any]  # of a Case: host (a function of a host's name), shape, request, aggregates, options, members
Random = random.Random
NUMBERS = ("0", "1", "2", "2.0", "10", "9", "-1", "1e3")
WORDS = ("ssd", "hdd", "SSD", "ssd,hdd", " ssd", "x86_64", "")
OPERATORS = ("=", "==", "!=", ">=", "<=", "s==", "s!=", "s<", "s<=", "s>", "s>=", "<in>")
NUMERIC = frozenset({"=", "==", "!=", ">=", "<="})


def names(rng: Random) -> list[str]:
    return [f"kvm-{index}" for index in range(1, rng.choice((1, 2, 3, 4, 5)) + 1)]


def host(rng: Random, name: str, **parts: Any) -> Host:
    """A host with drawn amounts; Nova's RAM and disk may be overdrawn."""
    cpus = Inventory(rng.choice((1, 2, 8, 64)), allocation_ratio=rng.choice((1.0, 1.5, 4.0, 16.0)))
    memory = Inventory(rng.choice((1024, 4096, 8192, 8192)), reserved=rng.choice((0, 512)))
    disk = Inventory(rng.choice((10, 40, 40, 1000)))
    used = rng.choice(
        ({}, {"VCPU": 1, "MEMORY_MB": 512, "DISK_GB": 4}, {"VCPU": 300, "MEMORY_MB": 9000, "DISK_GB": 2000})
    )
    made = {"inventories": {"VCPU": cpus, "MEMORY_MB": memory, "DISK_GB": disk}, "used": used}
    return Host(name, **{**made, "num_instances": rng.choice((0, 1, 7)), **parts})


def aggregates(rng: Random, hosts: list[str], metadata: Callable[[], dict[str, str]]) -> tuple[Aggregate, ...]:
    """None to three aggregates that overlap."""
    return tuple(
        Aggregate(f"g{index}", tuple(rng.sample(hosts, rng.randint(0, len(hosts)))), metadata())
        for index in range(rng.choice((0, 1, 2, 2, 3)))
    )


def requirement(rng: Random) -> str:
    """The value of an extra spec: an operator with operands, or a plain word."""
    kind = rng.randrange(8)
    if kind < 4:
        operator = rng.choice(OPERATORS)
        return f"{operator} {rng.choice(NUMBERS if operator in NUMERIC else NUMBERS + WORDS)}".rstrip()
    if kind == 4:
        return "<or> " + " <or> ".join(rng.choice(NUMBERS + WORDS[:3]) for _ in range(rng.randint(1, 3)))
    if kind == 5:
        return "<all-in> " + " ".join(rng.choice(("aes", "avx", "ss", "sd")) for _ in range(rng.randint(1, 2)))
    return rng.choice(NUMBERS + WORDS)
