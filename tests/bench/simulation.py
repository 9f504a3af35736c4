"""Simulated hosts of our own: as many as asked, without touching the lab of this checkout."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab import process
from lab.simulated import HOLDER, PYTHON, SimulatedHost

from .fleet import ZONES
from .paths import WORK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

START_LIMIT_S = 300
BATCH = 20  # daemons that start at the same time


@dataclass(frozen=True)
class BenchHost(SimulatedHost):
    """One of them; only where its things lie differs from the lab's."""

    @property
    def state(self) -> Path:
        """Its folder."""
        return WORK / self.name

    @property
    def socket(self) -> Path:
        """libvirtd's socket; the folder is this host's alone."""
        return WORK / "s" / self.name / "libvirt-sock"

    def variables(self) -> dict[str, object]:
        """What the inventory says of it."""
        return {
            "ansible_connection": "local",
            "ansible_python_interpreter": PYTHON,
            "ansible_remote_tmp": str(self.state / "ansible"),
            "novalite_uri": self.uri,
            "novalite_state_dir": str(self.novalite_state),
            "novalite_zone": f"az{self.index % ZONES}",
            "novalite_inventories": {name: {"allocation_ratio": 1000.0} for name in ("VCPU", "MEMORY_MB", "DISK_GB")},
        }


@dataclass(frozen=True)
class Simulation:
    """Running simulated hosts."""

    hosts: Sequence[BenchHost]

    def inventory(self, count: int) -> Path:
        """Write an inventory of the first so many; return its file."""
        path = WORK / f"first-{count}.json"
        hosts = {host.name: host.variables() for host in self.hosts[:count]}
        path.write_text(json.dumps({"novalite_hosts": {"hosts": hosts}}))
        return path

    def memory_mib(self) -> float:
        """Resident memory of one daemon."""
        return max(process.rss_mib(pid) for host in self.hosts[:3] if (pid := host.pid) is not None)


@contextlib.contextmanager
def running(count: int) -> Iterator[Simulation]:
    """So many simulated hosts; gone afterwards."""
    hosts = [BenchHost(index) for index in range(1, count + 1)]
    (WORK / "s").mkdir(parents=True, exist_ok=True)
    holders: list[Path] = []
    try:
        for first in range(0, count, BATCH):
            batch = hosts[first : first + BATCH]
            for host in batch:
                host.state.mkdir(exist_ok=True)
                host.start()
            holders.append(_hold(batch))
        yield Simulation(hosts)
    finally:
        for pidfile in holders:
            if (pid := process.find_pid(pidfile)) is not None:
                process.kill(pid)
        for host in hosts:
            host.power_off()
        shutil.rmtree(WORK, ignore_errors=True)


def _hold(hosts: Sequence[BenchHost]) -> Path:
    """Keep the hosts' state alive with one process that has a connection to each; return its pid file."""
    pidfile = WORK / f"holder-{hosts[0].name}.pid"
    log = pidfile.with_suffix(".log")
    process.spawn(pidfile, [PYTHON, str(HOLDER), *(host.uri for host in hosts)], log)
    deadline = time.monotonic() + START_LIMIT_S
    while "ready" not in log.read_text(errors="replace"):
        if process.find_pid(pidfile) is None or time.monotonic() > deadline:
            msg = f"simulated hosts did not start: {log.read_text()[-500:]}"
            raise RuntimeError(msg)
        time.sleep(0.03)
    return pidfile
