# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten domains with odd hardware, made on a lab host by virt-install: what somebody had before novalite came."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "/var/lib/novalite/elsewhere"  # in the state dir because it is cleaned; to novalite it is any other folder
# name -> what virt-install is told, where the folder stands for each @; a disk of the same name is there.
_SAID = {
    "Old_DB": "--machine pc --disk path=@/Old_DB,bus=ide --network network=default,model=e1000"
    " --network network=default,model=rtl8139 --graphics vnc",
    "web.1": "--disk path=@/web.1,bus=virtio --network network=default,model=virtio --graphics none"
    " --metadata title='The shop'",
    "command-line": "--disk path=@/command-line,bus=virtio,format=raw,cache=none,serial=abc --network none"
    " --graphics none --qemu-commandline='-fw_cfg name=opt/novalite,string=kept'",
    "old-db": "--boot uefi --disk path=@/old-db,bus=sata --network network=default,model=virtio --graphics none",
    "safe": "--disk path=@/safe,bus=scsi --controller type=scsi,model=virtio-scsi,driver.queues=2 --network none"
    " --tpm backend.type=emulator,backend.version=2.0,model=tpm-crb --graphics none",
    "loud": "--disk path=@/loud,bus=virtio,format=raw --sound ich9 --watchdog i6300esb,action=reset --network none"
    " --graphics vnc,listen=0.0.0.0,password=secret --input type=tablet,bus=virtio --video qxl",
    "media": "--machine pc --disk path=@/media,bus=ide --disk path=@/tools.iso,device=cdrom,bus=ide"
    " --disk path=@/boot.img,device=floppy --network bridge=virbr0,model=virtio --graphics none",
    "windows": "--disk path=@/windows,bus=sata --vcpus 2,maxvcpus=2,sockets=1,cores=2,threads=1 --network none"
    " --features hyperv.relaxed.state=on,hyperv.vapic.state=on --clock offset=localtime --cpu qemu64 --graphics none",
    "shared": "--disk path=@/shared,bus=virtio --filesystem @,tools,mode=mapped --network none --graphics none"
    " --memballoon none --rng /dev/random,rate.bytes=1024",
    "tuned": "--disk path=@/tuned,bus=virtio,driver.io=threads --iothreads 2 --memorybacking nosharepages=yes"
    " --cputune emulatorpin.cpuset=0,shares=512 --blkiotune weight=300 --network none --graphics none"
    " --serial tcp,source.host=127.0.0.1:2445,source.mode=bind,protocol.type=telnet",
}
DOMAINS = {name: said.replace("@", FOLDER) for name, said in _SAID.items()}
RUNNING = ("Old_DB", "web.1", "command-line")

_MAKE = """
set -e
cd {folder}
virsh -q pool-create-as elsewhere dir --target {folder} >/dev/null
genisoimage -quiet -o tools.iso /etc/hostname; truncate -s 1440K boot.img
make() {{
    name=$1; shift
    virt-install --connect qemu:///system --virt-type qemu --name "$name" --memory 64 --vcpus 1 --import \\
        --osinfo detect=on,require=off --noautoconsole "$@" --print-xml 1 >"$name.xml"
    virsh -q define "$name.xml" >/dev/null
}}
{disks}
{domains}
"""


def script() -> str:
    """Return what a shell on the host does: disks, definitions (two at a time), and three that run."""
    disks, makes = [], []
    for number, (name, said) in enumerate(DOMAINS.items()):
        if name == "web.1":
            disks.append(f"qemu-img create -q -f qcow2 -F qcow2 -b {FOLDER}/base.qcow2 '{name}' 2G")
        elif "format=raw" in said:
            disks.append(f"truncate -s 1M '{name}'")
        else:
            disks.append(f"qemu-img create -q -f qcow2 '{name}' 1G")
        makes.append(f"make '{name}' {said} &")
        if number % 2:
            makes.append("wait")
    starts = [f"virsh -q start '{name}' >/dev/null" for name in RUNNING]
    return _MAKE.format(folder=FOLDER, disks="\n".join(disks), domains="\n".join(makes + starts))


def make_domains(lab: Any, host: str, base: Path) -> None:
    """Make them all; ``base`` is an image on this machine that one of them is an overlay of."""
    folder = lab.state_dir(host) / "elsewhere"
    folder.mkdir(mode=0o755)
    shutil.copyfile(base, folder / "base.qcow2")
    lab.run(host, ["sh", "-c", script()])
