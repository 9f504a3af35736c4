# SPDX-License-Identifier: GPL-3.0-or-later
"""Sharing providers of a fleet: storage that all hosts of some aggregates use together. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.model.natural import natural_key
from novalite.model.provider import SharingProvider
from novalite.model.resource import STANDARD_CLASSES, Inventory, is_resource_class
from novalite.spec import ids
from novalite.spec.suggest import shown

if TYPE_CHECKING:
    from novalite.spec.context import Context
    from novalite.spec.sources import Path


def build_sharing_providers(context: Context) -> tuple[SharingProvider, ...]:
    """Return the sharing providers in name order."""
    found = []
    for name, entry, path in context.entries("sharing_providers"):
        for number, aggregate in enumerate(entry["aggregates"]):
            context.check_reference("aggregates", aggregate, (*path, "aggregates", number))
        inventories = {
            resource: _inventory(context, resource, fields, (*path, "inventories", resource))
            for resource, fields in entry["inventories"].items()
        }
        traits = frozenset(entry.get("traits", ()))
        found.append(SharingProvider(name, tuple(sorted(entry["aggregates"])), inventories, traits=traits))
    return tuple(sorted(found, key=lambda provider: natural_key(provider.name)))


def _inventory(context: Context, resource: str, fields: dict[str, Any], path: Path) -> Inventory:
    """Return an inventory. ``max_unit`` is the total where it is not said, as for hosts."""
    if not is_resource_class(resource):
        help_text = f"own ones start with CUSTOM_; standard ones are {', '.join(sorted(STANDARD_CLASSES)[:3])}, ..."
        context.add(ids.NOT_ALLOWED, f'"{shown(resource)}" is not a resource class', path, of_key=True, help=help_text)
    if fields.get("reserved", 0) > fields["total"]:
        summary = f"{fields['reserved']} is more than the total of {fields['total']}"
        context.add(ids.NOT_ALLOWED, summary, (*path, "reserved"))
    if fields.get("min_unit", 1) > fields.get("max_unit", fields["total"]):
        summary = "no amount can be asked: min_unit is more than max_unit"
        context.add(ids.NOT_ALLOWED, summary, (*path, "min_unit"), of_key=True)
    ratio = float(fields.get("allocation_ratio", 1.0))
    whole = {key: value for key, value in fields.items() if key != "allocation_ratio"}
    return Inventory(**{"max_unit": fields["total"], **whole}, allocation_ratio=ratio)
