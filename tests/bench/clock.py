"""Timing: whole processes (wall, CPU of the process tree, peak memory), and medians over alternating repetitions."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .paths import PROBES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True)
class Run:
    """One process that ran to its end."""

    wall_s: float
    cpu_s: float  # of it and of all its children that it waited for
    rss_mib: float | None  # its own peak, where that was asked for
    status: int
    output: str


class ProcessError(Exception):
    """A measured process ended otherwise than expected: its time means nothing."""


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    peak: bool = False,
) -> Run:
    """Run a process and time it from before its start to after its end; ``peak`` asks for its memory too.

    Raises: ProcessError where it does not end with 0.
    """
    words = [str(word) for word in argv]
    if peak:
        words = [sys.executable, "-ES", str(PROBES / "peak.py"), *words]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    with subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(env) if env is not None else None,
        cwd=cwd,
    ) as process:
        output = process.stdout.read() if process.stdout else b""
        _, status, _ = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    text = output.decode("utf-8", "replace")
    text, _, said = text.rpartition("\nPEAK ") if peak and "\nPEAK " in text else (text, "", "")
    done = Run(wall, cpu, int(said) / 1024 if said else None, process.returncode, text)
    if done.status != 0:
        told = [line.strip() for sign in ('"msg"', "rror") for line in text.splitlines() if sign in line]
        said = next(iter(told or text.splitlines()), "it said nothing")[:300]
        msg = f"{Path(argv[0]).name} {argv[1] if len(argv) > 1 else ''} ended with {done.status}: {said}\n{text[:1500]}"
        raise ProcessError(msg)
    return done


def alternate(reps: int, *measures: Callable[[], float]) -> list[float]:
    """Call every measure once a round, so that all see the same weather; return the median of each."""
    seen: list[list[float]] = [[] for _ in measures]
    for _ in range(reps):
        for measure, values in zip(measures, seen, strict=True):
            values.append(measure())
    return [statistics.median(values) for values in seen]


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def tool(name: str) -> Path:
    """A command of this environment."""
    return Path(sys.executable).with_name(name)


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what changes Ansible or Python behind our back."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ANSIBLE_", "NOVALITE_", "LIBVIRT_", "PYTHON", "VIRTUAL_ENV"))
    }
    bin_dir = str(Path(sys.executable).parent)
    kept["PATH"] = os.pathsep.join([bin_dir, kept.get("PATH", ""), "/usr/sbin", "/sbin"])
    return kept | {"PYTHONWARNINGS": "ignore"} | more
