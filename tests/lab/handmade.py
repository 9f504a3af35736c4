"""A domain made by hand, with a config drive made by another tool (genisoimage): the lab tested without novalite."""

from __future__ import annotations

import json
import subprocess
import uuid as uuids
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .fixtures import LabUnderTest

MAC = "52:54:00:6e:76:01"

DOMAIN = """\
<domain type='qemu'>
  <name>{name}</name><uuid>{uuid}</uuid>
  <memory unit='MiB'>{ram_mib}</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
      <source file='{folder}/root.qcow2'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='cdrom'><driver name='qemu' type='raw'/>
      <source file='{folder}/config.iso'/><target dev='sda' bus='scsi'/><readonly/></disk>
    <controller type='scsi' model='virtio-scsi'/>
    <interface type='network'><mac address='{mac}'/><source network='default'/><model type='virtio'/></interface>
    <serial type='file'><source path='{folder}/console.log'/></serial>
  </devices>
</domain>
"""


@dataclass
class Guest:
    """One guest on one lab host."""

    lab: LabUnderTest
    host: str
    name: str
    ram_mib: int = 96
    uuid: str = field(default_factory=lambda: str(uuids.uuid4()))

    @property
    def folder(self) -> Path:
        """The instance's folder, as the controller sees it."""
        return self.lab.state_dir(self.host) / "instances" / self.uuid

    def start(self, image: Path, meta: dict[str, str], user_data: bytes | None, scratch: Path) -> None:
        """Copies the image, makes the config drive, defines the domain and starts it."""
        latest = scratch / "openstack" / "latest"
        latest.mkdir(parents=True)
        meta_data = {"uuid": self.uuid, "hostname": self.name, "name": self.name, "meta": meta}
        (latest / "meta_data.json").write_text(json.dumps(meta_data))
        if user_data is not None:
            (latest / "user_data").write_bytes(user_data)
        self.folder.mkdir(parents=True)
        iso = str(self.folder / "config.iso")
        subprocess.run(["genisoimage", "-quiet", "-J", "-r", "-V", "config-2", "-o", iso, str(scratch)], check=True)
        (self.folder / "root.qcow2").write_bytes(image.read_bytes())
        there = f"/var/lib/novalite/instances/{self.uuid}"
        xml = DOMAIN.format(name=self.name, uuid=self.uuid, ram_mib=self.ram_mib, folder=there, mac=MAC)
        (self.folder / "domain.xml").write_text(xml)
        self.lab.virsh(self.host, "define", f"{there}/domain.xml")
        self.lab.virsh(self.host, "start", self.uuid)

    def wait(self, text: str, timeout_s: float = 60) -> str:
        """The serial output, once it holds `text`."""
        return self.lab.wait_serial(self.host, self.uuid, text, timeout_s)
