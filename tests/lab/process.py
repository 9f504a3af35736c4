"""Processes the lab started: remembered by pid *and* start time, so that a reused pid is never killed."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path


def _start_time(pid: int) -> str | None:
    """Clock ticks since boot at which `pid` started; None when it is gone or only a zombie is left."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def spawn(pidfile: Path, argv: list[str], log: Path, env: dict[str, str] | None = None) -> int:
    """The pid of a new process in a session of its own, written to `pidfile`; its output goes to `log`."""
    environment = dict(os.environ) if env is None else env
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    # Not subprocess.Popen: it complains when it is collected while the process, as meant here, goes on.
    pid = os.posix_spawnp(argv[0], argv, environment, file_actions=actions, setsid=True)
    pidfile.write_text(f"{pid} {_start_time(pid)}\n")
    return pid


def find_pid(pidfile: Path) -> int | None:
    """The pid, if the very process that was started still lives."""
    try:
        pid, started = pidfile.read_text().split()
    except (OSError, ValueError):
        return None
    return int(pid) if _start_time(int(pid)) == started else None


def kill(pid: int, number: int = signal.SIGKILL, wait_s: float = 10) -> None:
    """Sends the signal and waits until the process is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
    deadline = time.monotonic() + wait_s
    while _start_time(pid) is not None and time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.01)


def find_child(pid: int) -> int | None:
    """The first child of a process: what `unshare --fork` runs as number 1 of the new namespace."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if path.read_text().rpartition(")")[2].split()[1] == str(pid):
                return int(path.parent.name)
    return None


def rss_mib(pid: int) -> float:
    """Resident memory of one process in MiB, shared libraries counted in."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = [line.split() for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(lines[0][1]) / 1024 if lines else 0.0
