# SPDX-License-Identifier: GPL-3.0-or-later
"""ComputeCapabilitiesFilter: extra specs of the flavor match attributes of the host (schedule/host_state.py).

Looked at are keys with the scope ``capabilities:`` (``capabilities:cpu_info:arch`` is ``arch`` inside of ``cpu_info``),
and keys without a scope where the host has an attribute or a stat of that name. ``hw:maxphysaddr_bits: 46`` asks
``cpu_info:maxphysaddr:bits`` for at least 46. Operators: model/extra_spec.py.
Source: nova/scheduler/filters/compute_capabilities_filter.py. Other than Nova, attributes are those of the table in
host_state.py, not whatever its object happens to have.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from novalite.model.extra_spec import CAPABILITIES_SCOPE, Demand, demand_from_text
from novalite.schedule.host_state import States, answers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from novalite.schedule.request import Request, Shape
    from novalite.schedule.table import HostTable, Mask

NAME = "ComputeCapabilitiesFilter"
_BITS = "hw:maxphysaddr_bits"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether the flavor asks anything of hosts."""
    specs = request.shape.extra_specs
    return bool(specs) and any(":" not in key or key.startswith(CAPABILITIES_SCOPE) or key == _BITS for key, _ in specs)


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts whose attributes are as asked."""
    found = np.ones(len(table), dtype=np.bool_)
    for path, scoped, demand in _demands(request.shape):
        known = answers(table, NAME, f"{scoped} {path} {demand.text}", path[:1])
        found &= known.current(table, partial(_holds, path, demand, scoped))
    return found


def why(table: HostTable, request: Request, row: int) -> str:
    """Return what is asked, and what the host has."""
    host = States(table).of(row)
    parts = []
    for path, scoped, demand in _demands(request.shape):
        if scoped or _has(host, path[0]):
            value = _value(host, path)
            parts.append(f"asked {':'.join(path)} {demand.text}, it is {'unknown' if value is None else value}")
    return "; ".join(parts) or "asks nothing that the host has"


def _demands(shape: Shape) -> Iterator[tuple[tuple[str, ...], bool, Demand]]:
    """Yield the path of each attribute asked, whether a host without it is refused, and what is asked of it."""
    for key, value in shape.extra_specs:
        if key == _BITS:
            yield ("cpu_info", "maxphysaddr", "bits"), True, demand_from_text(f">= {value}")
        elif key.startswith(CAPABILITIES_SCOPE):
            yield tuple(key.split(":")[1:]), True, demand_from_text(value)
        elif ":" not in key:
            yield (key,), False, demand_from_text(value)


def _has(host: Mapping[str, Any], name: str) -> bool:
    return name in host or name in host["stats"]


def _holds(path: tuple[str, ...], demand: Demand, scoped: bool, host: Mapping[str, Any]) -> bool:
    if not scoped and not _has(host, path[0]):
        return True
    value = _value(host, path)
    return value is not None and demand.matches(str(value))


def _value(host: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """Return what stands at a path; a text on the way is read as JSON (stats are texts)."""
    found = host.get(path[0])
    if found is None:
        found = host["stats"].get(path[0])
    for step in path[1:]:
        if isinstance(found, str):
            try:
                found = json.loads(found)
            except (ValueError, RecursionError):
                return None
        get = getattr(found, "get", None)
        if get is None:
            return None
        found = get(step)
    return found
