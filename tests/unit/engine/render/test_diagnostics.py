# SPDX-License-Identifier: GPL-3.0-or-later
"""render/diagnostics.py: what is told of a guest, as lines; what it says of itself is made harmless."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from novalite.render.diagnostics import diagnostics_table

SAID: dict[str, Any] = {
    "project": "shop", "name": "web", "power": "running", "driver": "libvirt", "hypervisor": "kvm", "agent": "answers",
    "cpu_details": [{"id": 0, "time": 1_500_000_000}], "memory_details": {"maximum": 64, "used": 32},
    "disk_details": [{"device": "vda", "read_bytes": 7}], "nic_details": [{"mac_address": "52:54", "rx_octets": 9}],
    "guest": {
        "hostname": "web\x1b[31m", "os": {"pretty-name": "Tiny"}, "users": [{"name": "root"}],
        "file_systems": [{"mountpoint": "/", "used_bytes": 3}],
        "interfaces": [{"name": "eth0", "addresses": ["10.0.0.1"]}],
    },
}  # fmt: skip


def lines(said: dict[str, Any]) -> list[list[str]]:
    console = Console(width=200, no_color=True)
    with console.capture() as captured:
        console.print(diagnostics_table("kvm-1", said))
    return [line.split(maxsplit=1) for line in captured.get().splitlines() if line.strip()]


def test_every_fact_is_a_line() -> None:
    shown = "\n".join(" ".join(words) for words in lines(SAID))
    for word in ("kvm-1 (libvirt, kvm)", "1.50 s", "maximum 64 MiB", "read bytes 7", "rx octets 9", "Tiny", "10.0.0.1"):
        assert word in shown
    assert "\x1b" not in shown


def test_without_an_agent_it_says_why() -> None:
    shown = "\n".join(" ".join(words) for words in lines({**SAID, "agent": "it is off", "guest": None}))
    assert "it is off" in shown
    assert "hostname" not in shown
