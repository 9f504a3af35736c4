"""The peers novalite is compared with, each in an environment of its own, pinned, made when asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from .paths import BENCH

if TYPE_CHECKING:
    from pathlib import Path

# What pip installs. Versions are those the goals were set with; other ones would be other peers.
PACKAGES = {
    "text": ("PyYAML==6.0.3", "jsonschema==4.26.0", "jsonschema-rs==0.60.3"),
    "ansible": ("ansible==12.3.0",),
    "kcli": ("kcli==99.0.202610251748", "libvirt-python==12.8.0"),
    # Placement is driven in its own test fixtures: in process, on SQLite in memory.
    "nova": (
        "nova==34.0.0",
        "openstack-placement==16.0.0",
        "oslotest",
        "oslo.utils[fixtures]",
        "fixtures",
        "wsgi-intercept",
        "gabbi",
    ),
    "worker": ("ansible-core==2.19.14", "ansible-runner==2.4.3"),  # no peer: where shards are carried out
}
# What the distribution has: the host's side of community.libvirt, and the by-hand recipe's tools.
SYSTEM = {
    "ansible": ("python3-libvirt", "python3-lxml"),
    "by_hand": ("genisoimage", "qemu-utils"),
    "ganeti": ("ganeti-htools",),
    "virt_install": ("virtinst", "xorriso"),
}


class PeerError(Exception):
    """A peer cannot be installed here: what it was to be compared with is not measured."""


def python(peer: str) -> Path:
    """The interpreter of a peer's environment, installed if it is not there yet. Raises: PeerError."""
    folder = BENCH / peer
    wanted = "\n".join((sys.version, *PACKAGES[peer], ""))
    stamp = folder / "installed"
    interpreter = folder / "bin" / "python"
    if not (stamp.is_file() and stamp.read_text() == wanted and interpreter.exists()):
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)], peer)
        pip = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        _run([*pip, *PACKAGES[peer]], peer)
        stamp.write_text(wanted)
    return interpreter


def tool(peer: str, name: str) -> Path:
    """A command of a peer's environment. Raises: PeerError."""
    return python(peer).with_name(name)


def need_system(peer: str) -> None:
    """See to the distribution's packages a peer needs. Raises: PeerError, with the line to run."""
    missing = [package for package in SYSTEM[peer] if not _is_installed(package)]
    if not missing:
        return
    line = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        msg = f"packages are missing; run: sudo {' '.join(line)}"
        raise PeerError(msg)
    _run(["apt-get", "-o", "DPkg::Lock::Timeout=300", *line[1:]], peer, DEBIAN_FRONTEND="noninteractive")


def _is_installed(package: str) -> bool:
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status}", package], capture_output=True, text=True, check=False
    )
    return asked.stdout == "installed"


def _run(argv: list[str], peer: str, **environment: str) -> None:
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    if done.returncode:
        msg = f"peer {peer}: {' '.join(argv[:6])} ... ended with {done.returncode}: {done.stderr.strip()[-500:]}"
        raise PeerError(msg)
