# SPDX-License-Identifier: GPL-3.0-or-later
"""What guests said on their serial ports, and what hosts hold: read from the hosts, not from our own reports."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from integration.command import Controller

TINY = """
flavors:
  tiny: {vcpus: 1, ram: 128MiB, disk: 1GiB}
images:
  tiny: {source: images/tiny.qcow2}
networks:
  lan: {libvirt: default}
"""

SILENT = """
flavors:
  speck: {vcpus: 1, ram: 64MiB, disk: 1GiB}
images:
  bootsector: {source: images/bootsector.qcow2}
"""

# Guests that neither speak nor listen: two that may not share a host, and three of which two may.
PAIR = (
    "novalite: 1\nproject: shop\n"
    + SILENT
    + """
server_groups:
  apart: {policy: anti-affinity}
instances:
  db: {count: 2, flavor: speck, image: bootsector, power: shutoff, group: apart}
"""
)
TRIO = (
    "novalite: 1\nproject: shop\n"
    + SILENT
    + """
server_groups:
  apart: {policy: anti-affinity, max_server_per_host: 2}
instances:
  db: {count: 3, flavor: speck, image: bootsector, group: apart, metadata: {tier: "1"}}
"""
)


def observed(controller: Controller) -> dict[str, dict[str, Any]]:
    """Return name -> what the hosts hold of it, as a fresh observation says."""
    path = controller.folder / "observed.json"
    done = controller.run("observe", "-i", str(controller.inventory), "-o", str(path))
    assert done.status == 0, done.err
    import json

    hosts = json.loads(path.read_text())["hosts"]
    return {
        instance["spec"]["name"]: {**instance, "host": host}
        for host, facts in hosts.items()
        for instance in facts["instances"]
    }


def said(lab: Any, host: str, uuid: str, word: str, timeout_s: float = 90) -> str:
    """Return the serial text of a guest once it contains a word."""
    deadline = time.monotonic() + timeout_s
    text = ""
    while time.monotonic() < deadline:
        text = lab.serial(host, uuid)
        if word in text:
            return text
        time.sleep(0.3)
    raise AssertionError(f"{uuid} on {host} never said {word!r}; its serial port:\n{text[-2000:]}")


def domains(lab: Any) -> dict[str, list[str]]:
    """Return host -> names of all domains, as virsh says."""
    return {
        host: sorted(line for line in lab.run(host, ["virsh", "list", "--all", "--name"]).split("\n") if line)
        for host in lab.hosts
    }


def leftovers(lab: Any) -> dict[str, list[str]]:
    """Return host -> instance folders that are there."""
    return {
        host: lab.run(host, ["sh", "-c", "ls /var/lib/novalite/instances 2>/dev/null || true"]).split()
        for host in lab.hosts
    }
