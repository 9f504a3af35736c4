# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of disks on real QEMU: what a guest would see of its disks is compared by digest."""

from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from integration.guest import observed, said

if TYPE_CHECKING:
    from integration.command import Controller, Done

pytestmark = pytest.mark.libvirt

FLEET = """novalite: 1
project: shop
flavors:
  speck: {vcpus: 1, ram: 64MiB, disk: 1GiB, swap: 1MiB}
images:
  beat: {source: images/bootsector-heartbeat.qcow2}
instances:
  web: {flavor: speck, image: beat}
"""
DISKS = {"disk": "qcow2", "disk.swap": "raw"}
# Of the whole disk, without reading its holes: every block that is not zeros, with its place.
DIGEST = """
import errno, hashlib, os, subprocess, sys
raw = "/var/lib/novalite/raw"
subprocess.run(["qemu-img", "convert", "-U", "-f", sys.argv[2], "-O", "raw", sys.argv[1], raw], check=True)
found, place = hashlib.sha256(str(os.path.getsize(raw)).encode()), 0
with open(raw, "rb") as stream:
    while True:
        try:
            place = os.lseek(stream.fileno(), place, os.SEEK_DATA) // 65536 * 65536
        except OSError as error:
            assert error.errno == errno.ENXIO
            break
        block = os.pread(stream.fileno(), 65536, place)
        if block.strip(bytes(1)):
            found.update(str(place).encode() + block)
        place += 65536
os.unlink(raw)
print(found.hexdigest())
"""


class Guest:
    """The instance, from its host's side."""

    def __init__(self, controller: Controller, lab: Any) -> None:
        self.controller, self.lab = controller, lab
        item = observed(controller)["web"]
        self.host, self.uuid = item["host"], item["uuid"]
        self.folder = f"/var/lib/novalite/instances/{self.uuid}"

    def ask(self, *words: str, expect: int = 0) -> Done:
        done = self.controller.run(*words, "-i", str(self.controller.inventory), "--yes")
        assert done.status == expect, f"{words}: {done.status}\n{done.out}\n{done.err}"
        return done

    def write(self, text: str) -> None:
        """Put other bytes on its disks, over what the image has too; by QEMU's monitor where it runs."""
        for number, (name, kind) in enumerate(DISKS.items()):
            io = f"write -P {ord(text)} 64k 192k"
            if self.lab.virsh(self.host, "domstate", self.uuid).strip() == "running":
                device = f"/machine/peripheral/virtio-disk{number}/virtio-backend"
                command = f'qemu-io -d {device} "{io}"'
                self.lab.virsh(self.host, "qemu-monitor-command", self.uuid, "--hmp", command)
            else:
                self.lab.run(self.host, ["qemu-io", "-f", kind, "-c", io, f"{self.folder}/{name}"])

    def contents(self, *, of: str | None = None) -> dict[str, str]:
        """Return the digest of all bytes that a guest would read of each disk, or of one image file."""
        files = {name: (f"{self.folder}/{name}", kind) for name, kind in DISKS.items()}
        if of is not None:
            files = {"disk": (of, "qcow2")}
        return {
            name: self.lab.run(self.host, ["python3", "-c", DIGEST, path, kind]).strip()
            for name, (path, kind) in files.items()
        }


def test_back_and_forth(controller: Controller, lab: Any) -> None:
    """Snapshots of a guest that runs and of one that is off, reverted to; then as an image, and as backups."""
    controller.declare(FLEET)
    controller.novalite("apply", "--yes")
    guest = Guest(controller, lab)
    said(lab, guest.host, guest.uuid, "heartbeat=000001")

    # Of a guest that runs: it goes on, with the same QEMU.
    run = lab.virsh(guest.host, "domid", guest.uuid)
    guest.write("a")
    seen = {"live": guest.contents()}
    assert "no memory" in guest.ask("snapshot", "create", "web", "live").out
    assert lab.virsh(guest.host, "domid", guest.uuid) == run
    guest.ask("stop", "web", "--timeout", "0")
    guest.write("b")
    guest.ask("snapshot", "create", "web", "still")
    seen["still"] = guest.contents()
    assert seen["live"] != seen["still"]
    guest.write("c")

    # Files are facts, and no drift.
    item = observed(controller)["web"]
    names = sorted(path.rpartition("/")[2] for path in item["disks"])
    copies = [f"snapshot-{name}.{disk}" for name in ("live", "still") for disk in DISKS]
    assert names == sorted(["disk", "disk.config", "disk.swap", *copies])
    assert item["drift"] == []

    # Back: of a guest that is off, and of one that runs, which is started again.
    guest.ask("snapshot", "revert", "web", "live")
    assert guest.contents() == seen["live"]
    guest.ask("start", "web")
    said(lab, guest.host, guest.uuid, "heartbeat=000001")
    guest.write("d")
    run = lab.virsh(guest.host, "domid", guest.uuid)
    guest.ask("snapshot", "revert", "web", "still")
    assert guest.contents() == seen["still"]
    assert lab.virsh(guest.host, "domid", guest.uuid) != run
    said(lab, guest.host, guest.uuid, "heartbeat=000001")

    # As an image, of the guest that runs; the lines that are printed declare it.
    done = guest.ask("snapshot", "image", "web", "golden", "-o", str(controller.fleet / "images"))
    lines = yaml.safe_load(done.out[done.out.index("images:") :])["images"]["golden"]
    here = controller.fleet / "images" / "golden.qcow2"
    assert hashlib.sha256(here.read_bytes()).hexdigest() == lines["sha256"]
    path = f"/var/lib/novalite/images/{lines['sha256']}.qcow2"
    assert guest.contents(of=path)["disk"] == guest.contents()["disk"]
    assert b"backing" not in subprocess.check_output(["qemu-img", "info", str(here)])

    # As backups, of which one stays.
    for number in (1, 2):
        done = guest.ask("backup", "web", "--keep", "1")
        assert ("0001.qcow2 destroyed" in done.out) == (number == 2)
    backups = observed(controller)["web"]["backups"]
    assert [path.rpartition("/")[2] for path in backups] == ["0002.qcow2"]
    assert guest.contents(of=backups[-1])["disk"] == guest.contents()["disk"]

    rows = controller.run(
        "snapshot", "list", "web", "--snapshot", str(controller.folder / "observed.json"), "--json"
    ).json
    assert (rows["current"], [row["depth"] for row in rows["snapshots"]]) == ("still", [0, 1])

    # Gone: one of them, then the rest with the instance; backups stay.
    guest.ask("snapshot", "delete", "web", "live")
    controller.declare(
        FLEET.replace("speck, image: beat", "speck, image: golden")
        .replace("instances:", f"  golden: {{source: images/golden.qcow2, sha256: {lines['sha256']}}}\ninstances:")
        .replace("web:", "new:")
    )
    controller.novalite("apply", "--yes", "--max-destroy", "1")
    new = observed(controller)
    assert sorted(new) == ["new"]
    said(lab, new["new"]["host"], new["new"]["uuid"], "heartbeat=000001")
    assert lab.attempt(guest.host, ["ls", guest.folder]).returncode != 0
    assert lab.run(guest.host, ["ls", f"/var/lib/novalite/backups/{guest.uuid}"]).split() == ["0002.qcow2"]
