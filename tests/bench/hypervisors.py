"""Local hosts with a private libvirt daemon each, as an Ansible inventory, and the commands that work on them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import clock, fleet, libvirtd
from .fleet import Shape
from .paths import CALLBACKS, HOST_PYTHON, PLAYS, PROBES, WORK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from .clock import Run
    from .libvirtd import Libvirtd

NETWORK = "nvbench0"
# Small, so that a few hosts carry many; never started in what is timed, but where that is said.
SMALL = (("small", 1, 64, 1),)


@dataclass(frozen=True)
class Hypervisors:
    """Running hosts, an inventory of them, and a folder for fleets and plans."""

    daemons: Sequence[Libvirtd]
    shape: Shape

    @property
    def inventory(self) -> Path:
        """For ``-i``."""
        return WORK / "hosts.json"

    def write_fleet(self, count: int, **change: str) -> Path:
        """Write a fleet of so many instances; return its file."""
        path = WORK / "fleet" / "fleet.yml"
        path.write_text(fleet.text(count, replace(self.shape, **change)))  # type: ignore[arg-type]
        return path

    def plan(self, fleet_file: Path) -> Path:
        """Observe and plan; return the plan's file."""
        snapshot, plan = WORK / "snapshot.json", WORK / "plan.json"
        plan.unlink(missing_ok=True)
        clock.run(novalite("observe", "-i", self.inventory, "-o", snapshot), env=environment())
        clock.run(
            novalite("plan", fleet_file, "-i", self.inventory, "--snapshot", snapshot, "-o", plan), env=environment()
        )
        return plan

    def apply(self, **variables: str | Path) -> tuple[Run, dict[str, dict[str, int]]]:
        """Run the apply playbook as a plain user of Ansible does; return the run, and the tasks of each host."""
        tasks = WORK / "tasks.json"
        tasks.unlink(missing_ok=True)
        more = {"BENCH_TASKS": str(tasks), "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS)}
        words = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
        argv = [clock.tool("ansible-playbook"), "-i", self.inventory, "novalite.compute.apply", *words]
        done = clock.run(argv, env=environment(**more, ANSIBLE_CALLBACKS_ENABLED="count_tasks"))
        return done, json.loads(tasks.read_text()) if tasks.exists() else {}

    def ask(self, what: str, *arguments: str) -> list[str]:
        """What probes/domains.py prints for each host."""
        probe = [HOST_PYTHON, str(PROBES / "domains.py")]
        return [
            subprocess.run([*probe, daemon.uri, what, *arguments], check=True, capture_output=True, text=True).stdout
            for daemon in self.daemons
        ]

    def xml(self) -> list[str]:
        """Each host's inactive XML of every domain, as one text."""
        return self.ask("dump")

    def remove_instances(self) -> None:
        """Make the hosts empty, but for the images they hold."""
        self.ask("remove")
        for daemon in self.daemons:
            for name in ("instances", "journal.jsonl", "applied.json"):
                path = daemon.state_dir / name
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def deliver_image(self) -> None:
        """Bring the image to every host, once, so that no timed run does."""
        count = len(self.daemons)
        shape = replace(self.shape, user_data="#cloud-config\n")
        lines = fleet.text(count, shape).splitlines()
        pinned: list[str] = []
        for line in lines:
            pinned.append(line)
            if line.startswith("  vm-"):
                pinned.append(f"    host: {self.daemons[int(line.strip()[3:-1])].name}")
        path = WORK / "fleet" / "fleet.yml"
        path.write_text("\n".join(pinned) + "\n")
        self.apply(plan=self.plan(path))
        self.remove_instances()


@contextlib.contextmanager
def running(count: int = 1, network: str = NETWORK) -> Iterator[Hypervisors]:
    """So many hosts that hold the image and nothing else; gone afterwards."""
    with libvirtd.running(count) as daemons:
        (WORK / "fleet").mkdir()
        content = _empty_image()
        (WORK / "fleet" / "image.qcow2").write_bytes(content)
        source = {"source": "image.qcow2", "sha256": hashlib.sha256(content).hexdigest()}
        shape = Shape(SMALL, source, network=network, zones=0, grouped=False, power="shutoff")
        hypervisors = Hypervisors(daemons, shape)
        hypervisors.inventory.write_text(json.dumps(inventory(daemons)))
        hypervisors.ask("prepare", NETWORK)
        hypervisors.deliver_image()
        yield hypervisors


def inventory(daemons: Sequence[Libvirtd]) -> dict[str, object]:
    """The hosts as Ansible reads them."""
    return {"novalite_hosts": {"hosts": {daemon.name: _variables(daemon) for daemon in daemons}}}


def _variables(daemon: Libvirtd) -> dict[str, object]:
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": HOST_PYTHON,
        "novalite_uri": daemon.uri,
        "novalite_state_dir": str(daemon.state_dir),
        "novalite_virt_type": "qemu",
        # Hundreds of definitions on a small machine: capacity is not what is measured.
        "novalite_inventories": {name: {"allocation_ratio": 1000.0} for name in ("VCPU", "MEMORY_MB", "DISK_GB")},
    }


def _empty_image() -> bytes:
    path = WORK / "empty.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(path), "64M"], check=True)
    return path.read_bytes()


def novalite(*words: str | Path) -> list[str | Path]:
    """The novalite command of this environment."""
    return [clock.tool("novalite"), *words]


def environment(**more: str) -> Mapping[str, str]:
    """What Ansible and novalite run with: the same configuration for all."""
    cache = {"XDG_CACHE_HOME": os.environ.get("BENCH_CACHE", str(WORK / "cache"))}
    return clock.clean_environment(ANSIBLE_CONFIG=str(PLAYS / "ansible.cfg"), **cache, **more)
