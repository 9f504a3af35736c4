"""The guests really boot, under QEMU on a lab host, and say what tests will rely on."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from typing import TYPE_CHECKING

import pytest

from lab.handmade import MAC, Guest

if TYPE_CHECKING:
    from pathlib import Path

    from lab.fixtures import LabUnderTest

pytestmark = pytest.mark.libvirt
USER_DATA = b'#!/bin/sh\necho {{ lookup("pipe", "id") }} $(id) <x>&\x00\xff\n'


def test_tiny_reads_its_config_drive_and_obeys(
    clean_lab: LabUnderTest, images: dict[str, Path], tmp_path: Path
) -> None:
    clean_lab.need_real()
    host = clean_lab.hosts[0]
    guest = Guest(clean_lab, host, "web-0")
    meta = {"role": "web", "heartbeat": "1", "odd": '{{ 7*7 }} "a" <b> $(id)'}
    guest.start(images["tiny"], meta, USER_DATA, tmp_path)

    said = guest.wait("novalite-guest: ready")
    assert f"hostname=web-0 uuid={guest.uuid} meta=" in said
    assert '"odd": "{{ 7*7 }} \\"a\\" <b> $(id)"' in said
    assert said.count("boot=1") >= 1
    found = re.search(r"user_data sha256=(\w+) base64=(\S+)", said)
    assert found is not None
    assert base64.b64decode(found[2]) == USER_DATA
    assert found[1] == hashlib.sha256(USER_DATA).hexdigest()
    address = re.search(rf"address=(\S+) device=eth0 mac={MAC} by=dhcp", said)
    assert address is not None
    assert address[1] in clean_lab.virsh(host, "net-dhcp-leases", "default")
    guest.wait("heartbeat=2 boot=1")

    clean_lab.virsh(host, "reset", guest.uuid)
    guest.wait("boot=2")
    guest.wait("heartbeat=1 boot=2")
    clean_lab.virsh(host, "shutdown", guest.uuid)
    guest.wait("novalite-guest: power button")
    for _ in range(100):
        if "shut off" in clean_lab.virsh(host, "domstate", guest.uuid):
            break
        time.sleep(0.1)
    assert "shut off" in clean_lab.virsh(host, "domstate", guest.uuid)


@pytest.mark.parametrize(("image", "line"), [("bootsector", ": up"), ("bootsector-heartbeat", "heartbeat=000002")])
def test_boot_sector_says_that_it_runs(
    clean_lab: LabUnderTest, images: dict[str, Path], tmp_path: Path, image: str, line: str
) -> None:
    clean_lab.need_real()
    guest = Guest(clean_lab, clean_lab.hosts[0], "sector", ram_mib=64)
    guest.start(images[image], {}, None, tmp_path)
    guest.wait(f"novalite-bootsector{line}" if line.startswith(":") else line, timeout_s=20)
