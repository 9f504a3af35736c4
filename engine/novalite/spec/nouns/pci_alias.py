# SPDX-License-Identifier: GPL-3.0-or-later
"""PCI aliases of a fleet, and what flavors ask by them. Pure. Source: nova/pci/request.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.pci import PciAlias, PciRequest
from novalite.spec import ids
from novalite.spec.suggest import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.spec.context import Context
    from novalite.spec.sources import Path

_KEY = "pci_passthrough:alias"
_MOST_DEVICES = 1024


def build_pci_aliases(context: Context) -> dict[str, PciAlias]:
    """Return the aliases by name."""
    aliases = {}
    for name, entry, path in context.entries("pci_aliases"):
        if "resource_class" not in entry and not {"vendor_id", "product_id"} <= entry.keys():
            context.add(ids.PCI_ALIAS, "needs vendor_id and product_id, or a resource_class", path, of_key=True)
        spec = {key: entry[key] for key in ("vendor_id", "product_id", "resource_class") if key in entry}
        if "device_type" in entry:
            spec["dev_type"] = entry["device_type"]
        if entry.get("traits"):
            spec["traits"] = ",".join(entry["traits"])
        if "live_migratable" in entry:
            spec["live_migratable"] = "true" if entry["live_migratable"] else "false"
        aliases[name] = PciAlias(name, (tuple(sorted(spec.items())),), entry.get("numa_policy", "legacy"))
    return aliases


def requested(
    context: Context, specs: Mapping[str, str], path: Path, aliases: Mapping[str, PciAlias]
) -> tuple[PciRequest, ...]:
    """Return the devices that a flavor asks, in its order."""
    text = specs.get(_KEY)
    if text is None:
        return ()
    place = (*path, "extra_specs", _KEY)
    found = []
    for part in text.split(","):
        name, _, number = (piece.strip() for piece in part.partition(":"))
        if not (number.isascii() and number.isdigit() and len(number) < 5 and 0 < int(number) <= _MOST_DEVICES):
            summary = f'"{shown(part.strip())}" is not an alias and a number'
            context.add(ids.PCI_ALIAS, summary, place, help="write gpu:2, or gpu:2,nic:1")
        elif name in aliases:
            alias = aliases[name]
            found.append(PciRequest(name, int(number), alias.specs, alias.numa_policy))
        elif not context.is_declared("pci_aliases", name):
            near = did_you_mean(name, aliases)
            help_text = "" if near else f"declared in pci_aliases: {', '.join(sorted(aliases)[:10]) or 'none'}"
            context.add(ids.PCI_ALIAS, f'no PCI alias is called "{shown(name)}"{near}', place, help=help_text)
    return tuple(found)
