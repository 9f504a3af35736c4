"""Private libvirt daemons with the real QEMU driver, each in a mount namespace, so that none sees another's files."""

from __future__ import annotations

import contextlib
import shutil
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab import process

from .paths import WORK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

START_LIMIT_S = 60
DAEMON = """\
host_uuid = "{host_uuid}"
unix_sock_group = "root"
auth_unix_rw = "none"
auth_unix_ro = "none"
log_outputs = "4:stderr"
max_clients = 100
max_workers = 20
"""
QEMU = """\
user = "root"
group = "root"
security_driver = "none"
stdio_handler = "file"
cgroup_controllers = []
namespaces = []
"""
# $1: the daemon's folder. Its parts take the place of the machine's.
ISOLATE = """
mount --make-rprivate / || exit
for pair in run:/run/libvirt etc:/etc/libvirt lib:/var/lib/libvirt cache:/var/cache/libvirt log:/var/log/libvirt; do
    mkdir -p "${pair#*:}" && mount --bind "$1/${pair%%:*}" "${pair#*:}" || exit
done
exec libvirtd --pid-file /run/libvirt/bench.pid
"""


@dataclass(frozen=True)
class Libvirtd:
    """One daemon; ``uri`` reaches it from outside of its namespace."""

    name: str

    @property
    def folder(self) -> Path:
        """All that it has."""
        return WORK / self.name

    @property
    def uri(self) -> str:
        """For libvirt clients of this machine."""
        return f"qemu+unix:///system?socket={self.folder}/run/libvirt-sock"

    @property
    def state_dir(self) -> Path:
        """What is /var/lib/novalite on a real host."""
        return self.folder / "novalite"

    @property
    def pidfile(self) -> Path:
        """Which process it is."""
        return self.folder / "pid"

    def start(self) -> None:
        """Start without waiting."""
        for part in ("run", "etc", "lib", "cache", "log", "novalite"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        host_uuid = uuid.uuid5(uuid.NAMESPACE_URL, str(self.folder))
        (self.folder / "etc" / "libvirtd.conf").write_text(DAEMON.format(host_uuid=host_uuid))
        (self.folder / "etc" / "qemu.conf").write_text(QEMU)
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        argv = ["unshare", "--mount", "bash", "-c", ISOLATE, "bash", str(self.folder)]
        process.spawn(self.pidfile, argv, self.folder / "daemon.log", env)

    def wait(self) -> None:
        """Return when it takes connections. Raises: RuntimeError with what it said."""
        deadline = time.monotonic() + START_LIMIT_S
        while not (self.folder / "run" / "libvirt-sock").exists():
            if process.find_pid(self.pidfile) is None or time.monotonic() > deadline:
                msg = f"libvirtd {self.name} did not start: {(self.folder / 'daemon.log').read_text()[-1000:]}"
                raise RuntimeError(msg)
            time.sleep(0.05)

    def stop(self) -> None:
        """End the daemon and every guest it left."""
        for pidfile in [*self.folder.glob("run/qemu/*.pid"), self.folder / "run" / "bench.pid"]:
            with contextlib.suppress(OSError, ValueError):
                process.kill(int(pidfile.read_text()))
        if (pid := process.find_pid(self.pidfile)) is not None:
            process.kill(pid)
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def running(count: int = 1) -> Iterator[Sequence[Libvirtd]]:
    """So many private daemons, gone afterwards; what an interrupted run left behind goes first."""
    for folder in WORK.glob("host-*"):
        Libvirtd(folder.name).stop()
    WORK.mkdir(mode=0o755, exist_ok=True)
    daemons = [Libvirtd(f"host-{index:03d}") for index in range(1, count + 1)]
    try:
        for daemon in daemons:
            daemon.start()
        for daemon in daemons:
            daemon.wait()
        yield daemons
    finally:
        for daemon in daemons:
            daemon.stop()
        shutil.rmtree(WORK, ignore_errors=True)
