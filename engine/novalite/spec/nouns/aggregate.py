# SPDX-License-Identifier: GPL-3.0-or-later
"""Aggregates of a fleet. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.aggregate import Aggregate
from novalite.spec import ids

if TYPE_CHECKING:
    from novalite.spec.context import Context

_ZONE = "availability_zone"


def build_aggregates(context: Context) -> tuple[Aggregate, ...]:
    """Return the aggregates in name order. A host is in one zone at most, as in Nova."""
    aggregates = [
        Aggregate(name, tuple(sorted(entry["hosts"])), entry.get("metadata", {}))
        for name, entry, _ in context.entries("aggregates")
    ]
    aggregates.sort(key=lambda aggregate: aggregate.name)
    zones: dict[str, Aggregate] = {}
    for aggregate in aggregates:
        zone = aggregate.metadata.get(_ZONE)
        for host in aggregate.hosts if zone else ():
            first = zones.setdefault(host, aggregate)
            if first.metadata[_ZONE] != zone:
                summary = f'host {host} is in zone {zone} here, and in zone {first.metadata[_ZONE]} by "{first.name}"'
                related = (("there", context.declared.entry("aggregates", first.name)),)
                path = ("aggregates", aggregate.name, "metadata", _ZONE)
                context.add(ids.TWO_ZONES, summary, path, related=related)
    return tuple(aggregates)
