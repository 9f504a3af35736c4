# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host offers, as Placement inventories: Nova's defaults, then what the host's own settings say. Pure."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from novalite.model.resource import DISK_GB, MAX_UNIT, MEM_ENCRYPTION_CONTEXT, MEMORY_MB, PCPU, VCPU, Inventory
from novalite.model.trait import is_trait
from novalite.observe.nonsense import NonsenseError, get_count, get_mapping, get_usage
from novalite.observe.numa import cpu_sets_of_host

if TYPE_CHECKING:
    from collections.abc import Mapping

# Source: nova/conf/compute.py: initial_cpu_allocation_ratio, reserved_host_memory_mb.
CPU_ALLOCATION_RATIO = 4.0
RESERVED_MEMORY_MB = 512

_LEAST = {"total": 0, "reserved": 0, "min_unit": 1, "max_unit": 1, "step_size": 1}


def inventories_of_host(facts: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Inventory]:
    """Return the inventories by resource class, sorted; a class of which there is nothing is not reported.

    Raises: NonsenseError where a setting cannot be so (a custom class needs a total, reserved fits in total, ...).
    """
    memory = get_count(facts, "memory_mib")
    sets = cpu_sets_of_host(facts)
    shared = len(sets.shared) if sets.shared is not None else 0 if sets.dedicated else get_count(facts, "cpus")
    found: dict[str, dict[str, Any]] = {
        VCPU: {"total": shared, "allocation_ratio": CPU_ALLOCATION_RATIO},
        PCPU: {"total": len(sets.dedicated)},
        MEM_ENCRYPTION_CONTEXT: {"total": sum(get_usage(facts, "memory_encryption").values())},
        MEMORY_MB: {"total": memory, "reserved": min(RESERVED_MEMORY_MB, memory)},
        DISK_GB: {"total": get_count(facts, "disk_gib")},
    }
    for name, said in get_mapping(config, "inventories").items():
        if not is_trait(name) or not isinstance(said, dict):
            raise NonsenseError(f"inventories: not a resource class with its fields: {name!r}: {said!r}"[:200])
        found.setdefault(name, {}).update({key: value for key, value in said.items() if value is not None})
    return _made(found)


def inventories_of_provider(said: Mapping[str, Any]) -> dict[str, Inventory]:
    """Return the inventories of a provider inside a host: all of it is said, every class with its total.

    Raises: NonsenseError as above.
    """
    found = {}
    for name, fields in said.items():
        if not is_trait(name) or not isinstance(fields, dict):
            raise NonsenseError(f"inventories: not a resource class with its fields: {name!r}: {fields!r}"[:200])
        found[name] = {key: value for key, value in fields.items() if value is not None}
    return _made(found)


def _made(found: dict[str, dict[str, Any]]) -> dict[str, Inventory]:
    made = {name: _inventory(name, found[name]) for name in sorted(found)}
    return {name: inventory for name, inventory in made.items() if inventory.total}


def _inventory(name: str, fields: dict[str, Any]) -> Inventory:
    ratio = fields.pop("allocation_ratio", 1.0)
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not math.isfinite(ratio) or ratio <= 0:
        raise NonsenseError(f"inventories: {name}: allocation_ratio is not a number above zero: {ratio!r}")
    for key, value in fields.items():
        least = _LEAST.get(key)
        if least is None:
            raise NonsenseError(f"inventories: {name}: there is no field {key!r}")
        if type(value) is not int or not least <= value <= MAX_UNIT:
            raise NonsenseError(f"inventories: {name}: {key} is not a whole number from {least}: {value!r}")
    total = fields.get("total")
    if total is None:
        raise NonsenseError(f"inventories: {name}: the host knows no total, so one must be said")
    if fields.get("reserved", 0) > total:
        raise NonsenseError(f"inventories: {name}: reserved is more than the total of {total}")
    fields.setdefault("max_unit", max(total, 1))
    return _shared(float(ratio), **fields)


@lru_cache(maxsize=4096)
def _shared(allocation_ratio: float, **fields: int) -> Inventory:
    """Return one value for all hosts of a kind: thousands of them take less memory, and are read faster."""
    return Inventory(allocation_ratio=allocation_ratio, **fields)
