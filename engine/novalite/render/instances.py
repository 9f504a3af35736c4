# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances as the hosts tell of them: table and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from novalite.model.natural import natural_key
from novalite.render.tables import new_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.table import Table

    from novalite.model.observed import ObservedInstance

_STYLES = {"ACTIVE": "green", "SHUTOFF": "dim", "ERROR": "red", "PAUSED": "yellow", "RESCUE": "yellow"}


def instances_table(instances: Iterable[ObservedInstance]) -> Table:
    """Return one line an instance, in the order people expect."""
    table = new_table("project", "name", "host", "status", "flavor", "image", "addresses", "drift", "pending")
    for item in sorted(instances, key=lambda item: (item.project, natural_key(item.name), item.host)):
        table.add_row(
            Text(item.project),
            Text(item.name),
            Text(item.host),
            Text(_status(item), style=_STYLES.get(item.status, "")),
            Text(str(item.spec["flavor"].get("name", ""))),
            Text(str(item.spec["image"].get("name", ""))),
            Text(", ".join(item.addresses)),
            Text(", ".join(str(entry["path"]) for entry in item.drift), style="yellow"),
            Text(", ".join(str(entry["path"]) for entry in item.pending), style="cyan"),
        )
    return table


def instance_table(item: ObservedInstance) -> Table:
    """Return everything of one instance, one line a fact."""
    spec, flavor = item.spec, item.spec["flavor"]
    table = new_table("", "")
    table.show_header = False
    sizes = f"{flavor.get('vcpus')} vCPU, {flavor.get('ram_mib')} MiB, {flavor.get('disk_gib')} GiB"
    rows = [
        ("name", f"{item.project}.{item.name}"),
        ("host", item.host),
        ("status", _status(item)),
        ("power", item.power),
        ("locked", item.lock_reason),
        ("not ready", item.unready_reason),
        ("uuid", item.uuid),
        ("domain", item.domain + ("" if item.persistent else " (transient: gone when it stops)")),
        ("flavor", f"{flavor.get('name')}: {sizes}"),
        ("image", _image(spec["image"])),
        ("group", (spec.get("group") or {}).get("name", "")),
        ("zone", spec.get("availability_zone") or ""),
        ("protected", "yes" if item.protect else ""),
        ("addresses", ", ".join(item.addresses)),
        *[(f"port {number}", f"{port.get('network')} {port['mac']}") for number, port in enumerate(spec["ports"])],
        *[(f"metadata {key}", str(value)) for key, value in sorted((spec.get("metadata") or {}).items())],
        *[("disk", path) for path in item.disks],
        *[("backup", path) for path in item.backups],
        *[("disk", f"{path} (adopted: never deleted)") for path in item.disks_elsewhere],
        *[
            ("drift", f"{entry['path']}: {entry.get('actual')!r}, applied was {entry.get('expected')!r}")
            for entry in item.drift
        ],
    ]
    rows += [("pending restart", pending_text(entry)) for entry in item.pending]
    for label, value in rows:
        if value:
            table.add_row(Text(label, style="bold"), Text(value))
    return table


def _image(image: Mapping[str, Any]) -> str:
    """Return its image; an adopted instance may have none."""
    return f"{image.get('name')} (sha256 {str(image.get('sha256'))[:12]})" if image.get("sha256") != "" else ""


def _status(item: ObservedInstance) -> str:
    """Return its status, and whether it is locked; what is not plain from the power state is said."""
    more = [item.power] if item.power in ("crashed", "asleep", "unknown") else []
    more += ["locked"] if item.lock_reason else []
    trashed = item.state.get("trashed")
    if trashed is not None:
        more.append(f"until {trashed['until']}" if trashed.get("until") else str(trashed.get("why")))
    more += ["not ready"] if item.unready_reason else []
    return f"{item.status} ({', '.join(more)})" if more else item.status


def pending_text(entry: Mapping[str, Any]) -> str:
    """Return in words what comes true with the next power cycle."""
    return f"{entry['path']}: {entry.get('running')!r} runs, {entry.get('defined')!r} is defined"


def instance_document(item: ObservedInstance, *, whole: bool = False) -> dict[str, Any]:
    """Return an instance as JSON values; ``whole`` adds what was last applied."""
    document: dict[str, Any] = {
        "project": item.project,
        "name": item.name,
        "uuid": item.uuid,
        "host": item.host,
        "domain": item.domain,
        "power": item.power,
        "status": item.status,
        "state": dict(item.state),
        "flavor": item.spec["flavor"].get("name"),
        "image": item.spec["image"].get("name"),
        "addresses": list(item.addresses),
        "protect": item.protect,
        "persistent": item.persistent,
        "drift": [dict(entry) for entry in item.drift],
        "pending": [dict(entry) for entry in item.pending],
        "disks": list(item.disks),
        "backups": list(item.backups),
        **({"disks_elsewhere": list(item.disks_elsewhere)} if item.disks_elsewhere else {}),
    }
    if whole:
        document["spec"] = dict(item.spec)
    return document
