# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with capacity and use: table and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from rich.text import Text

from novalite.model.natural import natural_key
from novalite.model.resource import DISK_GB, MEMORY_MB, VCPU
from novalite.render.tables import new_table

if TYPE_CHECKING:
    from rich.table import Table

    from novalite.model.observed import ObservedHost
    from novalite.model.snapshot import Snapshot


def hosts_table(snapshot: Snapshot) -> Table:
    """Return one line a host: what it is, used and capacity, how many domains; unknown ones with the reason."""
    table = new_table("host", "state", "zone", "virt", "vcpus", "ram MiB", "disk GiB", "instances", "foreign", "")
    for name in sorted({*snapshot.hosts, *snapshot.unknown}, key=natural_key):
        host = snapshot.hosts.get(name)
        if host is None:
            empty = [""] * 7
            reason = snapshot.unknown[name].reason
            table.add_row(Text(name), Text("unknown", style="yellow"), *empty, Text(reason, style="yellow"))
            continue
        table.add_row(
            Text(name),
            Text("up", style="green") if host.enabled else Text("disabled", style="yellow"),
            Text(host.zone or ""),
            Text(host.virt_type),
            *[Text(_use(host, resource)) for resource in (VCPU, MEMORY_MB, DISK_GB)],
            str(len(host.instances)),
            str(len(host.foreign)),
            "",
        )
    return table


def hosts_document(snapshot: Snapshot) -> dict[str, Any]:
    """Return the hosts as JSON values."""
    return {
        "format": "novalite.hosts/1",
        "hosts": {name: _document(host) for name, host in snapshot.hosts.items()},
        "unknown": {name: lost.reason for name, lost in snapshot.unknown.items()},
    }


def _use(host: ObservedHost, resource: str) -> str:
    inventory = host.inventories.get(resource)
    return f"{host.used.get(resource, 0)} of {inventory.capacity:g}" if inventory else ""


def _document(host: ObservedHost) -> dict[str, Any]:
    return {
        "zone": host.zone,
        "enabled": host.enabled,
        "virt_type": host.virt_type,
        "traits": sorted(host.traits),
        "inventories": {
            name: {**attrs.asdict(inventory), "capacity": inventory.capacity, "used": host.used.get(name, 0)}
            for name, inventory in host.inventories.items()
        },
        "instances": len(host.instances),
        "foreign": len(host.foreign),
        "generation": host.generation,
    }
