# SPDX-License-Identifier: GPL-3.0-or-later
"""Flavors of a fleet. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.model.flavor import Flavor
from novalite.shared import known_hardware, units
from novalite.spec import ids
from novalite.spec.nouns.pci_alias import requested
from novalite.spec.nouns.request_keys import check_request_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from novalite.model.image import Image
    from novalite.model.pci import PciAlias
    from novalite.spec.context import Context
    from novalite.spec.sources import Path

_RAM_MIB = (1, 64 * 1024 * 1024)
_DISK_GIB = (1, 1024 * 1024)
# What this version obeys, besides keys without a scope (aggregates may match those).
# Others are carried, and said to have no effect: an ignored wish must be seen.
_OBEYED = ("aggregate_instance_extra_specs:", "capabilities:")
_HARDWARE = ("hw", "os:", "quota:", "accel:", "pci_passthrough:", "resources", "trait")


def build_flavors(context: Context, aliases: Mapping[str, PciAlias]) -> dict[str, Flavor]:
    """Return the flavors by name."""
    flavors = {}
    for name, entry, path in context.entries("flavors"):
        specs = entry.get("extra_specs", {})
        for key in specs:
            _check_extra_spec(context, specs, key, (*path, "extra_specs", key))
        flavors[name] = Flavor(
            name=name,
            vcpus=entry["vcpus"],
            ram_mib=context.mib(entry["ram"], (*path, "ram"), *_RAM_MIB),
            disk_gib=context.gib(entry["disk"], (*path, "disk"), *_DISK_GIB),
            ephemeral_gib=context.gib(entry.get("ephemeral", "0GiB"), (*path, "ephemeral"), 0, _DISK_GIB[1]),
            swap_mib=context.mib(entry.get("swap", "0MiB"), (*path, "swap"), 0, _RAM_MIB[1]),
            extra_specs=specs,
            max_vcpus=_most_vcpus(context, entry, path),
            max_ram_mib=_most_ram(context, entry, path),
            pci=requested(context, specs, path, aliases),
        )
    return flavors


def _most_vcpus(context: Context, entry: Mapping[str, Any], path: Path) -> int | None:
    most: int | None = entry.get("max_vcpus")
    if most is not None and most < entry["vcpus"]:
        _below(context, f"max_vcpus is {most}, and vcpus {entry['vcpus']}", (*path, "max_vcpus"))
    return most


def _most_ram(context: Context, entry: Mapping[str, Any], path: Path) -> int | None:
    if "max_ram" not in entry:
        return None
    most = context.mib(entry["max_ram"], (*path, "max_ram"), *_RAM_MIB)
    if most < units.mib_from_text(entry["ram"]):
        _below(context, f"max_ram is {entry['max_ram']}, and ram {entry['ram']}", (*path, "max_ram"))
    return most


def _below(context: Context, summary: str, path: Path) -> None:
    context.add(ids.BELOW, summary, path, help="a maximum is at least what instances have from the start")


def speaks_of_hardware(flavors: Iterable[Flavor], images: Iterable[Image]) -> bool:
    """Tell whether any flavor or image says what must be held against the other."""
    return any(key.startswith(_HARDWARE) for flavor in flavors for key in flavor.extra_specs) or any(
        key.startswith(("hw_", "os_", "img_", "trait:")) for image in images for key in image.properties
    )


def _check_extra_spec(context: Context, specs: Mapping[str, str], key: str, path: Path) -> None:
    if check_request_key(context, specs, key, path):
        return
    if ":" not in key or key.startswith(_OBEYED):
        return
    from novalite.spec.consistency import tables, values

    if values.check_extra_spec(context, key, specs[key], path):
        context.unreadable.add(("flavors", str(path[1])))
    elif key not in known_hardware.EXTRA_SPECS and not tables.is_scheduled(key):
        summary = f"extra spec {key} has no effect in this version"
        context.add(ids.NO_EFFECT, summary, path, of_key=True, severity="warning")
