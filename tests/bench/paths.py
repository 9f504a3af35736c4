"""Where the measurements keep things: below .dev/bench/ of the checkout, but for what must have a short path."""

from __future__ import annotations

from pathlib import Path

from lab.paths import CHECKOUT, DEV, LAB_ID

HERE = Path(__file__).resolve().parent
PROBES = HERE / "probes"
PLAYS = HERE / "plays"
CALLBACKS = HERE / "callbacks"
BENCH = DEV / "bench"

# Private hypervisors: sockets have short paths, disks lie on a disk (where /tmp may be memory).
WORK = Path("/var/tmp") / f"nvb-{LAB_ID}"

# What hosts run modules with: the distribution's Python, which has libvirt.
HOST_PYTHON = "/usr/bin/python3"

__all__ = ["BENCH", "CALLBACKS", "CHECKOUT", "HERE", "HOST_PYTHON", "PLAYS", "PROBES", "WORK"]
