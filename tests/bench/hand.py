"""The peers that work on one hypervisor: community.libvirt in a loop, the by-hand recipe, kcli."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import clock, peers
from .paths import HOST_PYTHON, PLAYS, PROBES, WORK

if TYPE_CHECKING:
    from pathlib import Path

    from .clock import Run
    from .hypervisors import Hypervisors
    from .libvirtd import Libvirtd

KCLI_OPTIONS = "image: {image}\n start: false\n memory: 512\n numcpus: 1\n nets: []\n disks: [4]\n"


def play(daemon: Libvirtd, name: str, count: int, **variables: str | Path) -> Run:
    """Run one of the plays in plays/ with the peer's own Ansible, on one local host."""
    peers.need_system("ansible")
    extra = {"n": count, "uri": daemon.uri, "ansible_connection": "local", "ansible_python_interpreter": HOST_PYTHON}
    extra |= {key: str(value) for key, value in variables.items()}
    argv = [peers.tool("ansible", "ansible-playbook"), "-i", "local,", "-e", json.dumps(extra), PLAYS / f"{name}.yml"]
    return clock.run(argv, env=ansible_environment())


def ansible_environment() -> dict[str, str]:
    """The peer's Ansible with the same configuration as ours, and its own collections only."""
    path = f"{peers.python('ansible').parent}:{os.environ['PATH']}"
    home = str(WORK / "peer-home")
    return clock.clean_environment(ANSIBLE_CONFIG=str(PLAYS / "ansible.cfg"), ANSIBLE_HOME=home) | {"PATH": path}


def floor(hypervisors: Hypervisors, count: int, reps: int) -> dict[str, float]:
    """Milliseconds that libvirt itself takes for what novalite defined there; needs one instance."""
    xml = next(iter(json.loads(hypervisors.xml()[0]).values()))
    prototype = WORK / "prototype.xml"
    prototype.write_text(xml)
    argv = [
        HOST_PYTHON,
        str(PROBES / "libvirt_floor.py"),
        hypervisors.daemons[0].uri,
        str(count),
        str(reps),
        str(prototype),
    ]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


@dataclass(frozen=True)
class Kcli:
    """kcli with a pool and an image of its own on one daemon."""

    daemon: Libvirtd

    @property
    def home(self) -> Path:
        """Its configuration."""
        return WORK / "kcli"

    @property
    def pool(self) -> Path:
        """Its images and disks."""
        return WORK / "pool"

    def prepare(self, count: int) -> None:
        """Write configuration and plan; make the pool and the base image."""
        (self.home / ".kcli").mkdir(parents=True, exist_ok=True)
        self.pool.mkdir(exist_ok=True)
        default = {"client": "local", "pool": "default", "nested": False, "cloudinit": True, "keys": [], "start": False}
        local = {
            "type": "kvm",
            "host": "127.0.0.1",
            "user": "root",
            "protocol": "ssh",
            "enabled": True,
            "url": self.daemon.uri,
        }
        config = json.dumps({"default": {**default, "nets": []}, "local": local})
        (self.home / ".kcli" / "config.yml").write_text(config)
        entries = [f"kcli-{index}:\n {KCLI_OPTIONS.format(image='base.qcow2')}" for index in range(count)]
        (self.home / "plan.yml").write_text("\n".join(entries))
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(self.pool / "base.qcow2"), "4G"], check=True)
        self._virsh("pool-define-as", "default", "dir", "--target", str(self.pool))
        self._virsh("pool-start", "default")

    def create_plan(self) -> Run:
        """Make all that the plan holds."""
        argv = [peers.tool("kcli", "kcli"), "create", "plan", "-f", self.home / "plan.yml", "bench"]
        return clock.run(argv, env=clock.clean_environment(HOME=str(self.home)))

    def clean(self) -> None:
        """Remove the disks; the domains are removed by who owns the daemon."""
        for path in self.pool.glob("kcli-*"):
            path.unlink()
        self._virsh("pool-refresh", "default")

    def gone(self) -> None:
        """Remove the pool."""
        self._virsh("pool-destroy", "default")
        self._virsh("pool-undefine", "default")
        shutil.rmtree(self.pool)

    def _virsh(self, *words: str) -> None:
        subprocess.run(["virsh", "-q", "-c", self.daemon.uri, *words], check=True, capture_output=True)
