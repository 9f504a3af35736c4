"""From apply to ready: a Debian whose cloud-init has ended, against the same guest made by virt-install --cloud-init.

Both are waited for in the same way: the guest agent is asked for cloud-init's result, twice a second.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

from bench import clock, hypervisors, peers
from bench.figure import Figure, Goal, Settings, ratio
from bench.paths import WORK
from lab import images, process

if TYPE_CHECKING:
    from pathlib import Path

    from bench.libvirtd import Libvirtd

MOST = 1.1
LIMIT_S = 1200
MEMORY_MIB = 512
USER_DATA = "#cloud-config\nruncmd:\n- [touch, /etc/ran]\n"
RESULT = json.dumps({"execute": "guest-file-open", "arguments": {"path": "/run/cloud-init/result.json", "mode": "r"}})


def measure(settings: Settings) -> list[Figure]:
    """In turns, one guest at a time; the image is on the host, and looked into, before."""
    peers.need_system("virt_install")
    settings.say("guest_init: the image debian-12")
    image = images.ensure_debian(settings.say)
    with hypervisors.running(1, network="") as hosts:
        base = WORK / "fleet" / "debian-12.qcow2"
        shutil.copyfile(image, base)
        fleet = _fleet(base)
        daemon = hosts.daemons[0]
        hosts.apply(plan=hosts.plan(_off(fleet)))  # delivers the image
        hosts.remove_instances()

        def novalite() -> float:
            taken = hosts.apply(plan=hosts.plan(fleet))[0].wall_s
            hosts.remove_instances()
            return taken

        settings.say("guest_init: novalite and virt-install in turns")
        ours, theirs = clock.alternate(max(1, settings.heavy_reps // 3), novalite, lambda: _virt_install(daemon, base))
    parts = {"apply_to_ready_s": round(ours, 2), "virt_install_to_ready_s": round(theirs, 2)}
    return [Figure("guest_init.ready", ratio(ours, theirs), MOST, parts=parts)]


def _fleet(base: Path) -> Path:
    path = base.with_name("fleet.yml")
    path.write_text(
        f"novalite: 1\nproject: bench\nflavors: {{d: {{vcpus: 1, ram: {MEMORY_MIB}MiB, disk: 2GiB}}}}\n"
        f"images: {{debian-12: {{source: {base.name}}}}}\n"
        f"instances:\n  vm:\n    flavor: d\n    image: debian-12\n    user_data: {json.dumps(USER_DATA)}\n"
        f"    wait_for: {{cloud_init: done, timeout: {LIMIT_S}s}}\n"
    )
    return path


def _off(fleet: Path) -> Path:
    path = fleet.with_name("off.yml")
    text = fleet.read_text().partition("    wait_for")[0]
    path.write_text(text + "    power: shutoff\n")
    return path


def _virt_install(daemon: Libvirtd, base: Path) -> float:
    """Seconds from virt-install's start until cloud-init has ended."""
    overlay, user_data = WORK / "overlay.qcow2", WORK / "user-data"
    overlay.unlink(missing_ok=True)
    user_data.write_text(USER_DATA)
    (daemon.folder / "lib" / "boot").mkdir(exist_ok=True)  # where it uploads its ISO to
    started = time.perf_counter()
    create = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, overlay, "2G"]
    clock.run(create)
    # Where the daemon is: it makes its ISO below /var/lib/libvirt.
    words = ["nsenter", "--mount", f"--target={process.find_pid(daemon.pidfile)}", "virt-install"]
    words += ["--connect", "qemu:///system", "--name", "peer", "--memory", str(MEMORY_MIB), "--vcpus", "1"]
    words += ["--virt-type", "qemu", "--osinfo", "detect=off,require=off", "--import", "--network", "none"]
    words += ["--disk", f"path={overlay},bus=virtio", "--cloud-init", f"user-data={user_data},disable=on"]
    words += [
        "--graphics",
        "none",
        "--noautoconsole",
        "--machine",
        "pc",
        "--rng",
        "/dev/urandom",
        "--cpu",
        "mode=maximum",
    ]
    words += ["--channel", "unix,target.type=virtio,target.name=org.qemu.guest_agent.0"]
    clock.run(words, env=clock.clean_environment(HOME=str(WORK)))
    virsh = ["virsh", "-q", "-c", daemon.uri]
    try:
        while subprocess.run(
            [*virsh, "qemu-agent-command", "peer", RESULT], capture_output=True, check=False
        ).returncode:
            if time.perf_counter() - started > LIMIT_S:
                msg = f"the peer's cloud-init did not end in {LIMIT_S} s"
                raise RuntimeError(msg)
            time.sleep(0.5)
        return time.perf_counter() - started
    finally:
        for verb in ("destroy", "undefine"):
            subprocess.run([*virsh, verb, "peer"], capture_output=True, check=False)


GOAL = Goal(
    "guest_init",
    "Debian 12 under emulation, from apply until cloud-init has ended; / the same by virt-install --cloud-init",
    measure,
    (("guest_init.ready", MOST),),
    needs_root=True,
)
