# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs, drawn: what waits for a restart, colours, and text of hosts made harmless."""

from __future__ import annotations

from typing import Any

from novalite.model.drift import Drift, Finding, Group, What
from novalite.render.drift import drift_document, drift_text


def pending(path: str, before: Any, after: Any) -> Finding:
    return Finding(Group.PENDING, What.PENDING, "web-0", "shop", "kvm-1", "uuid", path, before, after)


def test_what_waits_for_a_restart_is_no_drift() -> None:
    found = Drift("shop", (pending("flavor.ram_mib", 512, 1024), pending("flavor.vcpus", 1, 2)), hosts=1)
    assert drift_text(found) == (
        "Pending restart: applied, and true after the next power cycle\n"
        "  = web-0         kvm-1     flavor.ram_mib runs with 512, defined is 1024\n"
        "  = web-0         kvm-1     flavor.vcpus runs with 1, defined is 2\n"
        "Drift: 0 host changes, 0 fleet changes, 1 pending restart.\n"
    )
    assert (found.differs, drift_document(found)["counts"]["pending"]) == (False, 2)


def test_what_hosts_say_cannot_colour_or_break_lines() -> None:
    nasty = Finding(Group.HOST, What.DOMAIN, "web", "shop", "kvm-1", "u", "disks", None, ["[red]x\x1b[2J\n" * 40])
    text = drift_text(Drift("shop", (nasty,), hosts=1), colour=True)
    assert all(line.isprintable() for line in text.splitlines())
    assert "\\[red]x" in text
    assert text.startswith("[bold yellow]Host changes")
