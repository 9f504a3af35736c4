"""From apply to ready: a Debian whose cloud-init has ended, against the same guest made by virt-install --cloud-init.

On a host of the lab, one guest at a time. Both are waited for in the same way: the guest agent is asked, every second
or so, for what cloud-init ended with.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import time
from typing import TYPE_CHECKING

from bench import clock, hypervisors, peers
from bench.figure import Figure, Goal, Settings, ratio
from bench.paths import WORK
from lab import images, inventory
from lab import lab as labs
from lab.paths import DEV

if TYPE_CHECKING:
    from pathlib import Path

    from lab.lab import AnyHost

MOST = 1.1
LIMIT_S = 1200
TICK_S = 1.0
MEMORY_MIB = 512
USER_DATA = "#cloud-config\nruncmd:\n- [touch, /etc/ran]\n"
RESULT = json.dumps({"execute": "guest-file-open", "arguments": {"path": "/run/cloud-init/result.json", "mode": "r"}})


def measure(settings: Settings) -> list[Figure]:
    """In turns; the image is on the host before."""
    peers.need_system("virt_install")
    settings.say("guest_init: the image debian-12")
    image = images.ensure_debian(settings.say)
    with (DEV / "lab-use.lock").open("w") as claim:
        fcntl.flock(claim, fcntl.LOCK_EX)  # no test may use the lab meanwhile
        return _measured(settings, image)


def _measured(settings: Settings, image: Path) -> list[Figure]:
    was_up = bool(labs.read().hosts)
    host = labs.up(1, 0, settings.say).hosts[0]
    WORK.mkdir(mode=0o755, exist_ok=True)
    try:
        fleet = _fleet(WORK, image, host.name)
        _novalite("apply", _without(fleet, "wait_for", "power: shutoff"))  # delivers the image
        _novalite("destroy", fleet, "--purge")

        def ours() -> float:
            started = time.perf_counter()
            _novalite("apply", fleet)
            taken = time.perf_counter() - started
            _novalite("destroy", fleet, "--purge")
            return taken

        settings.say("guest_init: novalite and virt-install in turns")
        mine, theirs = clock.alternate(max(1, settings.heavy_reps // 3), ours, lambda: _virt_install(host))
    finally:
        shutil.rmtree(WORK, ignore_errors=True)
        if not was_up:
            labs.down(settings.say)
    parts = {"apply_to_ready_s": round(mine, 2), "virt_install_to_ready_s": round(theirs, 2)}
    return [Figure("guest_init.ready", ratio(mine, theirs), MOST, parts=parts)]


def _novalite(verb: str, fleet: Path, *words: str) -> None:
    argv = hypervisors.novalite(verb, fleet, "-i", inventory.INVENTORY, "--yes", *words)
    clock.run(argv, env=hypervisors.environment(HOME=str(WORK)), cwd=WORK)


def _fleet(folder: Path, image: Path, host: str) -> Path:
    shutil.copyfile(image, folder / "debian-12.qcow2")
    path = folder / "fleet.yml"
    path.write_text(
        f"novalite: 1\nproject: bench\nflavors: {{d: {{vcpus: 1, ram: {MEMORY_MIB}MiB, disk: 2GiB}}}}\n"
        f"images: {{debian-12: {{source: debian-12.qcow2, properties: {{hw_machine_type: pc}}}}}}\n"
        f"networks: {{lan: {{libvirt: default}}}}\n"
        f"instances:\n  vm:\n    flavor: d\n    image: debian-12\n    networks: [lan]\n    host: {host}\n"
        f"    user_data: {json.dumps(USER_DATA)}\n    wait_for: {{cloud_init: done, timeout: {LIMIT_S}s}}\n"
    )
    return path


def _without(fleet: Path, key: str, instead: str) -> Path:
    path = fleet.with_name("off.yml")
    lines = [f"    {instead}" if line.startswith(f"    {key}:") else line for line in fleet.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")
    return path


# $1: memory; $2: user data. Of the same processor, and with a drive that Debian's cloud kernel can read.
SCRIPT = """
set -e
mkdir -p /var/lib/libvirt/boot
mkdir -p /var/lib/libvirt/images
printf '%s' "$2" >/run/user-data
base="$(ls /var/lib/novalite/images/*.qcow2 | head -n 1)"
qemu-img create -q -f qcow2 -F qcow2 -b "$base" /var/lib/libvirt/images/peer 2G
exec virt-install --connect qemu:///system --name peer --memory "$1" --vcpus 1 --virt-type qemu --machine pc \\
    --cpu mode=maximum --osinfo detect=off,require=off --import --disk path=/var/lib/libvirt/images/peer,bus=virtio \\
    --cloud-init user-data=/run/user-data,disable=on --network network=default,model=virtio --graphics none \\
    --noautoconsole --rng /dev/urandom --channel unix,target.type=virtio,target.name=org.qemu.guest_agent.0
"""


def _virt_install(host: AnyHost) -> float:
    """Seconds from virt-install's start until cloud-init has ended."""
    started = time.perf_counter()
    try:
        made = host.run(["sh", "-c", SCRIPT, "sh", str(MEMORY_MIB), USER_DATA])
        if made.returncode:
            msg = f"virt-install ended with {made.returncode}: {made.stderr[-1000:]}"
            raise RuntimeError(msg)
        while host.run(["virsh", "-q", "qemu-agent-command", "peer", RESULT]).returncode:
            if time.perf_counter() - started > LIMIT_S:
                msg = f"the peer's cloud-init did not end in {LIMIT_S} s"
                raise RuntimeError(msg)
            time.sleep(TICK_S)
        return time.perf_counter() - started
    finally:
        for verb in ("destroy", "undefine"):
            host.run(["virsh", "-q", verb, "peer"])
        host.run(["rm", "-f", "/var/lib/libvirt/images/peer"])


GOAL = Goal(
    "guest_init",
    "Debian 12 under emulation, from apply until cloud-init has ended; / the same by virt-install --cloud-init",
    measure,
    (("guest_init.ready", MOST),),
    needs_root=True,
)
