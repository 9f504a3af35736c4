# SPDX-License-Identifier: GPL-3.0-or-later
"""Host facts -> what filters and weighers may ask of a host besides amounts and traits. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from novalite.observe.nonsense import NonsenseError, get_mapping, get_optional, get_text

if TYPE_CHECKING:
    from collections.abc import Mapping


def about_host(facts: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of ObservedHost that describe the hypervisor. Raises: NonsenseError."""
    versions = get_mapping(facts, "versions")
    version = versions.get("hypervisor", 0)
    return {
        "address": get_optional(config, "address", get_text),
        "hypervisor_type": get_optional(versions, "hypervisor_type", get_text) or "QEMU",
        "hypervisor_version": version if type(version) is int and version > 0 else 0,
        "cpu_info": _cpu_info(facts),
        "stats": {str(key): str(value) for key, value in get_mapping(config, "stats").items()},
        "supported": _supported(facts),
        "cell": get_optional(config, "cell", get_text),
        "metrics": {str(key): _number(value) for key, value in get_mapping(config, "metrics").items()},
    }


def _supported(facts: Mapping[str, Any]) -> frozenset[tuple[str, str, str]]:
    """Return (architecture, type, VM mode) of the guests that run there; of a host that does not tell, nothing."""
    said = facts.get("supported", [])
    if not isinstance(said, list) or not all(isinstance(row, list | tuple) and len(row) == 3 for row in said):
        raise NonsenseError(f"supported is not a list of (architecture, type, mode): {said!r}"[:200])
    return frozenset((str(arch), str(kind), str(mode)) for arch, kind, mode in said)


def _cpu_info(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the CPU as Nova's ``cpu_info`` has it, as far as the host tells."""
    found: dict[str, Any] = {}
    for name, key in (("arch", "arch"), ("model", "cpu_model"), ("vendor", "cpu_vendor")):
        said = get_optional(facts, key, get_text)
        if said is not None:
            found[name] = said
    bits = facts.get("cpu_maxphysaddr_bits")
    if type(bits) is int and bits > 0:
        found["maxphysaddr"] = {"bits": bits}
    return found


def _number(value: object) -> float:
    """Return a number, which a text may say (Ansible templates give texts)."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            found = float(value)
        except (ValueError, OverflowError):
            found = math.nan
        if math.isfinite(found):
            return found
    raise NonsenseError(f"a metric is not a number: {value!r}"[:200])
