# SPDX-License-Identifier: GPL-3.0-or-later
"""What flavors and images ask of hosts, and cannot be compared: Nova ends the request that meets one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model import image_property
from novalite.model.extra_spec import (
    AGGREGATE_SCOPE,
    CAPABILITIES_SCOPE,
    HOST_ATTRIBUTES,
    NUMERIC,
    Demand,
    demand_from_text,
    number_from_text,
)
from novalite.spec import ids
from novalite.spec.suggest import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.spec.context import Context
    from novalite.spec.sources import Path

# Image property -> (its one name, the names there are), or a check of its own below.
_NAMED: dict[str, tuple[Callable[[str], str], frozenset[str]]] = {
    "hw_architecture": (image_property.architecture, image_property.ARCHITECTURES),
    "img_hv_type": (image_property.hypervisor_type, image_property.HYPERVISORS),
}


def check_demands(context: Context) -> None:
    """Note every value that no host can be held against."""
    for _, entry, path in context.entries("flavors"):
        for key, value in entry.get("extra_specs", {}).items():
            _check_extra_spec(context, key, value, (*path, "extra_specs", key))
    for _, entry, path in context.entries("images"):
        for key, value in entry.get("properties", {}).items():
            _check_property(context, key, value, (*path, "properties", key))


def _check_extra_spec(context: Context, key: str, value: str, path: Path) -> None:
    if ":" in key and not key.startswith((AGGREGATE_SCOPE, CAPABILITIES_SCOPE)):
        return
    demand = demand_from_text(value)
    if demand.fault:
        context.add(ids.BAD_DEMAND, f"cannot be compared: {demand.fault}", path)
    elif demand.doubt:
        context.add(ids.BAD_DEMAND, demand.doubt, path, severity="warning")
    if key in HOST_ATTRIBUTES:
        summary = f"{key} is asked of the host and of its aggregates' metadata"
        help_text = f"write {CAPABILITIES_SCOPE}{key} or {AGGREGATE_SCOPE}{key}"
        context.add(ids.BAD_DEMAND, summary, path, of_key=True, help=help_text, severity="warning")
    if not key.startswith(CAPABILITIES_SCOPE) and not demand.fault:
        _check_aggregates(context, key.removeprefix(AGGREGATE_SCOPE), demand, path)


def _check_aggregates(context: Context, key: str, demand: Demand, path: Path) -> None:
    """Note aggregates that give a word where the flavor compares a number."""
    if demand.operator not in NUMERIC:
        return
    for name, entry, place in context.entries("aggregates"):
        said = entry.get("metadata", {}).get(key)
        words = [] if said is None else [part for part in said.split(",") if number_from_text(part.strip()) is None]
        if words:
            summary = f'compares numbers, and aggregate "{name}" says "{shown(words[0].strip())}" for {key}'
            related = (("there", context.declared.where((*place, "metadata", key))),)
            context.add(ids.BAD_DEMAND, summary, path, severity="warning", related=related)


def _check_property(context: Context, key: str, value: str, path: Path) -> None:
    if key in _NAMED:
        name_of, known = _NAMED[key]
        if name_of(value) not in known:
            summary = f'Nova knows no {key} "{shown(value)}"{did_you_mean(value, known)}'
            context.add(ids.BAD_DEMAND, summary, path, help=f"known: {', '.join(sorted(known))}")
    elif key == "img_hv_requested_version" and image_property.predicate_from_text(value) is None:
        context.add(ids.BAD_DEMAND, f'"{shown(value)}" is not a version such as >=6.0,<8', path)
