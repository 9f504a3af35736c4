"""Simulated hosts: libvirt's test driver inside a small private libvirtd each. No QEMU, no network, the real API.

With root, or where unprivileged user namespaces are allowed, each has its own hostname and /run. Where neither is to be
had they still work, but all call themselves by the machine's name.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import process
from .paths import LAB, SOCKETS

HOLDER = Path(__file__).parent / "holder.py"
PYTHON = "/usr/bin/python3"  # the distribution's, with python3-libvirt
START_LIMIT_S = 60

CONFIG = """\
unix_sock_dir = "{sockets}"
unix_sock_group = "{group}"
unix_sock_rw_perms = "0700"
auth_unix_rw = "none"
auth_unix_ro = "none"
log_outputs = "3:stderr"
min_workers = 1
max_workers = 8
prio_workers = 1
max_clients = 100
"""
# $1: hostname; the rest: the daemon. /run holds the pid file and token of the machine's own libvirtd.
ISOLATE = 'hostname "$1" && mount -t tmpfs -o mode=755 tmpfs /run && shift && exec "$@"'


@functools.cache
def isolation() -> list[str]:
    """The command prefix that gives a process its own hostname and mounts; empty where that is not possible."""
    spaces = ["unshare", "--mount", "--uts"]
    if os.geteuid() != 0:
        spaces += ["--user", "--map-root-user"]
    tried = subprocess.run([*spaces, "sh", "-c", "mount -t tmpfs tmpfs /run"], capture_output=True, check=False)
    return spaces if tried.returncode == 0 else []


@dataclass(frozen=True)
class SimulatedHost:
    """`sim-1` has index 1."""

    index: int

    @property
    def name(self) -> str:
        """sim-1, sim-2, ..."""
        return f"sim-{self.index}"

    @property
    def state(self) -> Path:
        """Its folder: pid, log, configuration."""
        return LAB / self.name

    @property
    def novalite_state(self) -> Path:
        """What is /var/lib/novalite on a real host."""
        return self.state / "lib-novalite"

    @property
    def socket(self) -> Path:
        """libvirtd's socket."""
        return SOCKETS / self.name / "libvirt-sock"

    @property
    def uri(self) -> str:
        """What novalite_uri says."""
        return f"test+unix:///default?socket={self.socket}"

    @property
    def pid(self) -> int | None:
        """The libvirtd, None when it does not run."""
        return process.find_pid(self.state / "pid")

    def start(self) -> None:
        """Starts the daemon, without waiting. Its state lives as long as a holder's connection: see `hold`."""
        self.novalite_state.mkdir(parents=True, exist_ok=True)
        SOCKETS.mkdir(mode=0o700, exist_ok=True)
        shutil.rmtree(self.socket.parent, ignore_errors=True)
        self.socket.parent.mkdir(mode=0o700)
        config = self.state / "libvirtd.conf"
        # Mapped to root in a user namespace the only group there is is 0; as a plain user group names are ignored.
        config.write_text(CONFIG.format(sockets=self.socket.parent, group="root"))
        argv = ["libvirtd", "-f", str(config), "-p", str(self.socket.parent / "pid")]
        if isolation():
            argv = [*isolation(), "sh", "-c", ISOLATE, "sh", self.name, *argv]
        # No hypervisor drivers: the test driver is part of the library, and the rest would look at the machine.
        private = {"LIBVIRT_DRIVER_DIR": "/nonexistent", "HOME": str(self.state)}
        for name in ("RUNTIME_DIR", "CONFIG_HOME", "CACHE_HOME", "DATA_HOME"):
            private[f"XDG_{name}"] = str(self.socket.parent)
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **private}
        process.spawn(self.state / "pid", argv, self.state / "libvirtd.log", env)

    def power_off(self) -> None:
        """Kills the daemon: this host's domains are gone, as the test driver has no disk."""
        if (pid := self.pid) is not None:
            process.kill(pid)
        (self.state / "pid").unlink(missing_ok=True)
        shutil.rmtree(self.socket.parent, ignore_errors=True)

    def run(self, argv: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        """Runs a command on this machine with LIBVIRT_DEFAULT_URI set to the host."""
        chosen: dict[str, object] = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL} | options
        env = {**os.environ, "LIBVIRT_DEFAULT_URI": self.uri}
        return subprocess.run(argv, env=env, **chosen)  # type: ignore[call-overload,no-any-return]

    def forget(self) -> None:
        """Throws its folder away."""
        shutil.rmtree(self.state, ignore_errors=True)


def power_on(hosts: list[SimulatedHost]) -> None:
    """Starts those that do not run, holds them with one process, and returns when all answer."""
    missing = [host for host in hosts if host.pid is None]
    if not missing:
        return
    for host in missing:
        host.start()
    folder = LAB / "holders"
    folder.mkdir(parents=True, exist_ok=True)
    base = folder / f"{missing[0].name}-{time.time_ns()}"
    log = base.with_suffix(".log")
    pidfile = base.with_suffix(".pid")
    process.spawn(pidfile, [PYTHON, str(HOLDER), *(host.uri for host in missing)], log)
    deadline = time.monotonic() + START_LIMIT_S
    while "ready" not in log.read_text(errors="replace"):
        if process.find_pid(pidfile) is None or time.monotonic() > deadline:
            said = (missing[0].state / "libvirtd.log").read_text(errors="replace")[-1000:]
            msg = f"simulated hosts did not start\n{log.read_text()[-1000:]}\n{said}"
            raise RuntimeError(msg)
        time.sleep(0.03)


def stop_holders() -> None:
    """Ends the processes that keep the hosts' connections open."""
    for pidfile in (LAB / "holders").glob("*.pid"):
        if (pid := process.find_pid(pidfile)) is not None:
            process.kill(pid)
