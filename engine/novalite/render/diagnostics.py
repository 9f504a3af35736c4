# SPDX-License-Identifier: GPL-3.0-or-later
"""How a guest is doing, as a table: one line a fact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from novalite.render.tables import new_table
from novalite.render.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.table import Table


def diagnostics_table(host: str, said: Mapping[str, Any]) -> Table:
    """Return everything that was told; what a guest says is made harmless."""
    table = new_table("", "")
    table.show_header = False
    for label, value in _rows(host, said):
        if value not in ("", "None"):
            table.add_row(Text(clean(label), style="bold"), Text(clean(value)))
    return table


def _rows(host: str, said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "name", f"{said['project']}.{said['name']}"
    yield "host", f"{host} ({said.get('driver')}, {said.get('hypervisor')})"
    yield "power", str(said["power"])
    for cpu in said.get("cpu_details") or ():
        yield f"cpu {cpu['id']}", f"{cpu['time'] / 1e9:.2f} s"
    if "memory_details" in said:
        yield "memory", ", ".join(f"{name} {value} MiB" for name, value in said["memory_details"].items())
    for number, disk in enumerate(said.get("disk_details") or ()):
        yield f"disk {disk.get('device', number)}", _words(disk, "device")
    for nic in said.get("nic_details") or ():
        yield f"nic {nic.get('mac_address', '')}", _words(nic, "mac_address")
    yield "agent", str(said.get("agent"))
    yield from _guest_rows(said.get("guest") or {})


def _guest_rows(guest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "hostname", str(guest.get("hostname"))
    system = guest.get("os") or {}
    yield "system", str(system.get("pretty-name") or system.get("name"))
    yield "kernel", str(system.get("kernel-release"))
    for user in guest.get("users") or ():
        yield "user", str(user.get("name"))
    for part in guest.get("file_systems") or ():
        yield f"file system {part.get('mountpoint')}", _words(part, "mountpoint")
    for interface in guest.get("interfaces") or ():
        yield f"interface {interface.get('name')}", ", ".join(str(one) for one in interface["addresses"])


def _words(values: Mapping[str, Any], without: str) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items() if name != without)
