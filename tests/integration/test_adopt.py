# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten domains that virt-install made are adopted: nothing of them changes but our mark, and that goes again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from integration.odd_domains import DOMAINS, RUNNING, make_domains

if TYPE_CHECKING:
    from integration.command import Controller

pytestmark = pytest.mark.libvirt

FLEET = """novalite: 1
project: legacy
defaults: {availability_zone: nowhere, power_policy: report}
flavors:
  speck: {vcpus: 1, ram: 64MiB, disk: 1GiB}
images:
  heartbeat: {source: images/bootsector-heartbeat.qcow2}
networks:
  lan: {libvirt: default}
"""
HOST = "kvm-1"
KEPT = {
    "Old_DB": ("disk hda", "interface network"),
    "command-line": ("commandline", "disk vda"),
    "loud": ("sound ich9", "watchdog i6300esb", "graphics vnc", "video"),
    "media": ("disk hda", "disk hdb", "disk fda"),
    "old-db": ("os", "disk sda"),
    "safe": ("tpm", "controller scsi"),
    "shared": ("filesystem", "memballoon", "rng"),
    "tuned": ("blkiotune", "memoryBacking", "iothreads", "cputune", "serial"),
    "windows": ("features", "clock", "cpu", "disk sda"),
}
_OURS = re.compile(r"\n *<novalite:instance .*?</novalite:instance>", re.DOTALL)
_EMPTY = re.compile(r"\n *<metadata>\s*</metadata>|\n *<metadata/>")


def dumps(lab: Any) -> dict[str, str]:
    """Return what each domain will be at its next start."""
    return {name: lab.virsh(HOST, "dumpxml", "--inactive", name) for name in DOMAINS}


def cut(text: str) -> str:
    """Return XML without our mark, and without the room that was made for it."""
    return _EMPTY.sub("", _OURS.sub("", text))


def processes(lab: Any) -> dict[str, str]:
    """Return the process of each QEMU."""
    return {name: lab.run(HOST, ["cat", f"/run/libvirt/qemu/{name}.pid"]) for name in RUNNING}


def test_ten_odd_domains(controller: Controller, lab: Any) -> None:
    make_domains(lab, HOST, controller.fleet / "images" / "bootsector-heartbeat.qcow2")
    controller.declare(FLEET)
    before, running = dumps(lab), processes(lab)
    there = ["-i", str(controller.inventory)]

    told = controller.run("adopt", HOST, *there)
    assert told.status == 0, told.out + told.err
    assert "10 to adopt, 0 to delete." in told.out
    for domain, parts in KEPT.items():
        said = re.search(rf"^{re.escape(domain)}: .*(?:\n  .*)*", told.out, re.MULTILINE)
        assert said, domain
        assert all(part in said[0] for part in parts), said[0]
    assert re.search(r"^web\.1: web-1, adopted-1c-64m-2g, image heartbeat$", told.out, re.MULTILINE)
    assert re.search(r"^Old_DB: old-db, speck$", told.out, re.MULTILINE)
    assert re.search(r"^old-db: old-db-2, speck$", told.out, re.MULTILINE)
    assert dumps(lab) == before

    # Somebody changes one of them in between: that one is not marked, and told.
    lab.virsh(HOST, "memtune", "shared", "--hard-limit", "1000000", "--config")
    late = controller.novalite("apply", "--yes", expect=5)
    assert "domain shared is no longer what was read" in late.out + late.err
    lab.virsh(HOST, "memtune", "shared", "--hard-limit", "-1", "--config")
    assert cut(dumps(lab)["shared"]) == before["shared"]
    controller.novalite("apply", "--yes")
    assert "No changes" in (again := controller.novalite("plan", "--detailed-exitcode").out) or "Nothing to do" in again
    assert {name: cut(text) for name, text in dumps(lab).items()} == before
    assert all(_OURS.search(text) for text in dumps(lab).values())
    assert processes(lab) == running
    listed = {item["name"]: item for item in controller.run("list", *there, "--json").json["instances"]}
    assert {(item["domain"], item["status"]) for item in listed.values()} == {
        (name, "ACTIVE" if name in RUNNING else "SHUTOFF") for name in DOMAINS
    }

    # Its power is ours now, and what would touch its disks is refused.
    done = controller.run("reboot", "web-1", "--hard", *there, "--yes")
    assert done.status == 0, done.out + done.err
    assert {name: cut(text) for name, text in dumps(lab).items()} == before
    after = processes(lab)
    assert {name for name in RUNNING if after[name] != running[name]} == {"web.1"}

    # By hand: told by name; out of the fleet: only the mark goes.
    lab.virsh(HOST, "memtune", "tuned", "--hard-limit", "1000000", "--config")
    drifted = controller.novalite("plan", expect=3)
    assert "domain.memtune" in drifted.out + drifted.err
    lab.virsh(HOST, "memtune", "tuned", "--hard-limit", "-1", "--config")
    lines = controller.fleet / "adopted-kvm-1.yml"
    lines.write_text(re.sub(r"\n  web-1:\n(?:    .*\n)+", "\n", lines.read_text()))
    assert "1 to release" in controller.novalite("apply", "--yes").out
    assert {name for name, text in dumps(lab).items() if not _OURS.search(text)} == {"web.1"}
    assert {name: cut(text) for name, text in dumps(lab).items()} == before
    assert processes(lab) == after
