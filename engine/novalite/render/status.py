# SPDX-License-Identifier: GPL-3.0-or-later
"""How things are, in a few lines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from novalite.render.hosts import hosts_document
from novalite.render.instances import instance_document, pending_text

if TYPE_CHECKING:
    from novalite.model.snapshot import Snapshot


def status_lines(snapshot: Snapshot) -> list[str]:
    """Return instances by project and status, drift, what waits, transient domains, and the hosts nobody heard of."""
    lines = [""]
    by_project: dict[str, Counter[str]] = {}
    for instance in (*snapshot.instances(), *(aside.item for aside in snapshot.shelf())):
        by_project.setdefault(instance.project, Counter())[instance.status] += 1
    for project, powers in sorted(by_project.items()):
        words = ", ".join(f"{count} {power}" for power, count in sorted(powers.items()))
        lines.append(f"{project}: {words}")
    if not by_project:
        lines.append("no instances")
    for instance in snapshot.instances():
        where = f"{instance.project}.{instance.name} on {instance.host}"
        for entry in instance.drift:
            was, now = entry.get("expected"), entry.get("actual")
            lines.append(f"drift: {where}: {entry['path']} is {now!r}, applied was {was!r}")
        lines += [f"pending restart: {where}: {pending_text(entry)}" for entry in instance.pending]
        if not instance.persistent:
            lines.append(f"transient: {where}: gone when it stops")
    for host in snapshot.hosts.values():
        lines += [f"backup of an instance that is gone: {host.name}: {path}" for path in host.gone_backups]
    if snapshot.unknown:
        count = len(snapshot.unknown)
        lines.append(f"{count} host{'' if count == 1 else 's'} unknown: what lives there is neither present nor absent")
    return lines


def status_document(snapshot: Snapshot) -> dict[str, Any]:
    """Return the same as JSON values."""
    return {
        **hosts_document(snapshot),
        "format": "novalite.status/1",
        "gone_backups": {host.name: list(host.gone_backups) for host in snapshot.hosts.values() if host.gone_backups},
        "instances": [instance_document(instance) for instance in snapshot.instances()],
    }
