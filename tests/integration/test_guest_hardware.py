# SPDX-License-Identifier: GPL-3.0-or-later
"""Guest hardware from the fleet to QEMU's own command line, on real hypervisors under TCG."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from integration.guest import SILENT, TINY, observed, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from integration.command import Controller

pytestmark = pytest.mark.libvirt

HEAD = "novalite: 1\nproject: shop\n"
OVMF = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
HUGE_PAGES = Path("/proc/sys/vm/nr_hugepages")

# CPU 1 of each host is for guests that pin, CPU 0 for the others.
HOSTS = """
novalite_hosts:
  vars:
    novalite_cpu_shared_set: "0-7,^1-7"
    novalite_cpu_dedicated_set: "1"
"""


class Machine:
    """A running instance, as its host knows it."""

    def __init__(self, lab: Any, instance: dict[str, Any]) -> None:
        self.lab, self.host, self.uuid = lab, instance["host"], instance["uuid"]

    def virsh(self, *words: str) -> str:
        return str(self.lab.virsh(self.host, words[0], self.uuid, *words[1:]))

    def ask(self, command: str) -> str:
        """Return what QEMU's human monitor answers."""
        return self.virsh("qemu-monitor-command", "--hmp", command)

    def command_line(self) -> str:
        """Return QEMU's own arguments, as the kernel has them."""
        pid = self.lab.run(self.host, ["sh", "-c", f"pgrep -f 'qemu-system.*{self.uuid}' | head -1"]).strip()
        return str(self.lab.run(self.host, ["sh", "-c", f"tr '\\0' ' ' < /proc/{pid}/cmdline"]))


def with_hosts(controller: Controller) -> list[str]:
    """Return the option that adds the CPU sets to the inventory."""
    path = controller.folder / "sets.yml"
    path.write_text(HOSTS, encoding="utf-8")
    return ["-i", str(path)]


def nothing_to_do(controller: Controller, *options: str) -> None:
    done = controller.novalite("plan", "--detailed-exitcode", *options, expect=0)
    assert "Nothing to do" in done.out


def test_devices_and_limits(controller: Controller, lab: Any) -> None:
    """Topology, RNG rate, watchdog, two serial ports, no video, limits of disks: QEMU has them, and a guest runs."""
    specs = {
        "hw:cpu_sockets": "1",
        "hw:cpu_cores": "2",
        "hw:cpu_threads": "1",
        "hw:watchdog_action": "poweroff",
        "hw:serial_port_count": "2",
        "hw:hide_hypervisor_id": "true",
        "hw:boot_menu": "true",
        "hw_rng:rate_bytes": "4096",
        "hw_rng:rate_period": "1000",
        "quota:disk_read_bytes_sec": "104857600",
        "quota:disk_write_iops_sec": "5000",
    }
    text = HEAD + TINY.replace("disk: 1GiB}", f"disk: 1GiB, extra_specs: {json.dumps(specs)}}}")
    text = text.replace("vcpus: 1", "vcpus: 2").replace(
        "tiny.qcow2}", "tiny.qcow2, properties: {hw_video_model: none}}"
    )
    controller.declare(text + "instances:\n  web: {flavor: tiny, image: tiny, networks: [lan]}\n")
    controller.novalite("apply", "--yes")
    instance = observed(controller)["web"]
    assert instance["drift"] == []
    machine = Machine(lab, instance)
    line = machine.command_line()
    for part in (
        "cores=2,threads=1",
        '"driver":"i6300esb"',
        '"max-bytes":4096,"period":1000',
        "-boot menu=on",
        "kvm=off",
        '"id":"serial1"',
    ):
        assert part in line, f"{part}\n{line}"
    assert "VGA" not in line
    assert '"id":"serial2"' not in line
    assert re.search("watchdog[-_a-z]*[ =]poweroff", line), line
    assert "bps_rd=104857600" in machine.ask("info block") or "bps_rd=104857600" in machine.ask("info block -v")
    tuned = machine.virsh("blkdeviotune", "vda")
    assert "write_iops_sec : 5000" in " ".join(tuned.split())
    said(lab, instance["host"], instance["uuid"], "novalite-guest: ready")
    nothing_to_do(controller)


def test_what_somebody_changes_by_hand_is_drift(controller: Controller, lab: Any) -> None:
    """A watchdog added, a limit taken away: both are named, and put back."""
    limited = SILENT.replace("disk: 1GiB}", 'disk: 1GiB, extra_specs: {"quota:disk_read_bytes_sec": "1048576"}}')
    controller.declare(HEAD + limited + "instances:\n  db: {flavor: speck, image: bootsector, power: shutoff}\n")
    controller.novalite("apply", "--yes")
    instance = observed(controller)["db"]
    edit = (
        f"virsh dumpxml --inactive {instance['uuid']} | sed '/<read_bytes_sec>/d'"
        ' | sed \'s,</devices>,<watchdog model="i6300esb" action="reset"/></devices>,\' > /tmp/edited.xml'
        " && virsh -q define /tmp/edited.xml"
    )
    lab.run(instance["host"], ["sh", "-c", edit])
    drift = {entry["path"]: (entry["expected"], entry["actual"]) for entry in observed(controller)["db"]["drift"]}
    assert drift == {
        "hardware.disks.iotune": ({"read_bytes_sec": 1048576}, None),
        "hardware.watchdog.action": (None, "reset"),
    }
    assert "watchdog.action" in controller.novalite("plan", expect=None).out
    controller.novalite("apply", "--yes")
    assert observed(controller)["db"]["drift"] == []


def test_pinned_by_the_scheduler(controller: Controller, lab: Any) -> None:
    """A dedicated guest gets the dedicated CPU of each host, the third finds none, and a shared one stays off it."""
    flavors = """
flavors:
  pinned: {vcpus: 1, ram: 64MiB, disk: 1GiB, extra_specs: {"hw:cpu_policy": dedicated}}
  speck: {vcpus: 1, ram: 64MiB, disk: 1GiB}
images:
  bootsector: {source: images/bootsector.qcow2}
instances:
  db: {count: 2, flavor: pinned, image: bootsector}
  web: {flavor: speck, image: bootsector}
"""
    sets = with_hosts(controller)
    controller.declare(HEAD + flavors)
    controller.novalite("apply", "--yes", *sets)
    instances = observed(controller)
    assert {instances[name]["host"] for name in ("db-0", "db-1")} == set(lab.hosts)
    for name in ("db-0", "db-1"):
        machine = Machine(lab, instances[name])
        assert machine.virsh("vcpupin").split()[-2:] == ["0", "1"]
        assert affinity(lab, machine) == {"1"}
        assert instances[name]["usage"]["PCPU"] == 1
        assert [cell["pinned"] for cell in instances[name]["holds"]["cells"]] == [[1]]
        assert "policy" in machine.command_line()
        assert '"host-nodes":[0]' in machine.command_line()
    nothing_to_do(controller, *sets)
    controller.declare(HEAD + flavors.replace("count: 2", "count: 3"))
    refused = controller.novalite("plan", *sets, expect=None)
    assert "db-2" in refused.out
    assert "no host" in refused.out


def affinity(lab: Any, machine: Machine) -> set[str]:
    """Return the host CPUs that the guest's vCPU threads may run on, as the kernel says."""
    script = (
        f"pid=$(pgrep -f 'qemu-system.*{machine.uuid}' | head -1); for task in /proc/$pid/task/*; do"
        " grep -q '^CPU ' $task/comm && grep Cpus_allowed_list $task/status; done; true"
    )
    return {line.split()[-1] for line in lab.run(machine.host, ["sh", "-c", script]).splitlines()}


def test_two_numa_nodes(controller: Controller, lab: Any) -> None:
    """Two guest nodes with a core each on the lab's one: the module is given the claim, as the scheduler of a larger
    host would have made it.
    """
    controller.declare(
        HEAD
        + SILENT.replace("vcpus: 1", "vcpus: 2").replace(
            "disk: 1GiB}", 'disk: 1GiB, extra_specs: {"hw:cpu_sockets": "2", "hw:cpu_cores": "1"}}'
        )
        + "instances:\n  db: {flavor: speck, image: bootsector, host: kvm-1}\n"
    )
    controller.novalite("plan", "-o", "plan.json")
    plan = json.loads((controller.folder / "plan.json").read_text())
    (spec,) = specs_in(plan["waves"])
    spec["claim"] = {
        "cells": [
            {"id": 0, "host_cell": 0, "cpus": [], "pcpus": {"0": 1}, "memory_mib": 32, "page_size_kib": None},
            {"id": 1, "host_cell": 0, "cpus": [1], "pcpus": {}, "memory_mib": 32, "page_size_kib": None},
        ],
        "shared_cpus": [0],
        "emulator_cpus": [0],
        "pci": [],
    }
    play_module(controller, spec)
    instance = observed(controller)["db"]
    assert instance["drift"] == []
    machine = Machine(lab, instance)
    line = machine.command_line()
    assert re.search("-smp 2,sockets=2,(dies=1,)?cores=1,threads=1", line)
    assert "-numa node,nodeid=0,cpus=0,memdev=ram-node0" in line
    assert "-numa node,nodeid=1,cpus=1,memdev=ram-node1" in line
    assert "2 nodes" in machine.ask("info numa")
    assert affinity(lab, machine) == {"0", "1"}
    assert machine.virsh("emulatorpin").split()[-1] == "0"
    assert [cell["floating"] for cell in instance["holds"]["cells"]] == [0, 1]
    nothing_to_do(controller)


def specs_in(node: Any) -> list[dict[str, Any]]:
    """Return the specs of all steps of a plan, wherever they are in it."""
    if isinstance(node, dict):
        return [node["spec"]] if "spec" in node else specs_in(list(node.values()))
    return [spec for item in node for spec in specs_in(item)] if isinstance(node, list) else []


def play_module(controller: Controller, spec: dict[str, Any]) -> None:
    """Bring the image and define the instance by the modules, without the plan."""
    image = next(iter(controller.fleet.glob("images/bootsector.qcow2")))
    sha256 = spec["image"]["sha256"]
    part = f"/var/lib/novalite/images/{sha256}.part"
    play = [
        {
            "hosts": "kvm-1",
            "gather_facts": False,
            "tasks": [
                {"ansible.builtin.file": {"path": "/var/lib/novalite/images", "state": "directory", "mode": "0711"}},
                {"ansible.builtin.copy": {"src": str(image), "dest": part, "mode": "0600"}},
                {
                    "novalite.compute.image": {
                        "sha256": sha256,
                        "format": "qcow2",
                        "size_bytes": image.stat().st_size,
                    }
                },
                {"novalite.compute.instance": {"spec": spec, "power": "running", "virt_type": "qemu"}},
            ],
        }
    ]
    path = controller.folder / "play.yml"
    path.write_text(json.dumps(play), encoding="utf-8")
    controller.playbook(str(path))


def test_firmware(controller: Controller, lab: Any, record_property: Callable[[str, object], None]) -> None:
    """UEFI with secure boot and a TPM where the host has them; else the plan says what is missing."""
    text = SILENT.replace("disk: 1GiB}", 'disk: 1GiB, extra_specs: {"hw:tpm_version": "2.0", "hw:tpm_model": tpm-crb}}')
    text = text.replace("64MiB", "256MiB")
    properties = "properties: {hw_firmware_type: uefi, os_secure_boot: required}"
    text = text.replace("bootsector.qcow2}", f"bootsector.qcow2, {properties}}}")
    controller.declare(HEAD + text + "instances:\n  db: {flavor: speck, image: bootsector}\n")
    facts = host_facts(controller)
    if not facts.get("firmware", {}).get("secure_boot") or "tpm" not in facts.get("devices", {}):
        missing = f"OVMF there: {OVMF.exists()}, TPM: {'tpm' in facts.get('devices', {})}"
        record_property("measured", f"NO UEFI GUEST WAS RUN: {missing}")
        assert facts["firmwares"] == ["bios"] or "tpm" not in facts.get("devices", {})
        return
    controller.novalite("apply", "--yes")
    instance = observed(controller)["db"]
    assert instance["drift"] == []
    machine = Machine(lab, instance)
    line = machine.command_line()
    for part in ("OVMF_CODE", "smm=on", '"driver":"tpm-crb"', "property=secure,value=on"):
        assert part in line, f"{part}\n{line}"
    assert "tpm-crb" in machine.ask("info tpm")
    nothing_to_do(controller)
    kept = ["sh", "-c", "ls /var/lib/libvirt/qemu/nvram /var/lib/libvirt/swtpm 2>/dev/null"]
    controller.novalite("destroy", "--yes")
    left = lab.run(instance["host"], kept)
    assert "shop.db" in left, "in the trash it keeps what its firmware remembers"
    controller.novalite("destroy", "--yes", "--purge")
    left = lab.run(instance["host"], kept)
    assert instance["uuid"] not in left
    assert "shop.db" not in left


def host_facts(controller: Controller) -> dict[str, Any]:
    path = controller.folder / "hosts.json"
    done = controller.run("observe", "-i", str(controller.inventory), "-o", str(path))
    assert done.status == 0, done.err
    facts: dict[str, Any] = json.loads(path.read_text())["hosts"]["kvm-1"]
    return facts


@pytest.fixture
def huge_pages(lab: Any) -> Iterator[int]:
    """Huge pages of 2 MiB that this machine could give, mounted before the hosts' libvirt started; taken back."""
    place, given, before = Path("/dev/hugepages"), 0, "0"
    was_mounted = os.path.ismount(place)
    try:
        before = HUGE_PAGES.read_text().strip()
        HUGE_PAGES.write_text(str(int(before) + 64))
        given = int(HUGE_PAGES.read_text()) - int(before)
        place.mkdir(exist_ok=True)
        if not was_mounted:
            subprocess.run(["mount", "-t", "hugetlbfs", "hugetlbfs", place], check=True, capture_output=True)
        restart(lab)
    except (OSError, subprocess.CalledProcessError) as error:
        print(error)
        given = 0
    yield given
    lab.clean()
    if given:
        HUGE_PAGES.write_text(before)
        if not was_mounted:
            subprocess.run(["umount", "--lazy", place], check=False)
        restart(lab)


def restart(lab: Any) -> None:
    for host in lab.hosts:
        lab.power_off(host)
        lab.power_on(host)


def test_huge_pages(
    huge_pages: int, controller: Controller, lab: Any, record_property: Callable[[str, object], None]
) -> None:
    """A guest that asks for large pages has its memory there, and the next look at the host counts them."""
    if huge_pages < 40:
        record_property("measured", f"NO GUEST WAS RUN IN HUGE PAGES: the kernel gave {huge_pages} of 64")
        return
    text = SILENT.replace("disk: 1GiB}", 'disk: 1GiB, extra_specs: {"hw:mem_page_size": large}}')
    controller.declare(HEAD + text + "instances:\n  db: {flavor: speck, image: bootsector, host: kvm-1}\n")
    free = free_pages(controller)
    assert free >= huge_pages
    controller.novalite("apply", "--yes")
    instance = observed(controller)["db"]
    assert instance["drift"] == []
    assert [cell["page_size_kib"] for cell in instance["holds"]["cells"]] == [2048]
    machine = Machine(lab, instance)
    assert "/dev/hugepages/" in machine.command_line()
    assert free_pages(controller) == free - 32
    nothing_to_do(controller)


def free_pages(controller: Controller) -> int:
    """Return the free huge pages of 2 MiB of the first host."""
    return sum(page["free"] for cell in host_facts(controller)["numa"] for page in cell["pages"] if "free" in page)
