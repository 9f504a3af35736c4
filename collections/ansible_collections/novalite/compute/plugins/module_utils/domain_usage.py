# SPDX-License-Identifier: GPL-3.0-or-later
"""What a domain uses of its host, by Placement's resource classes. Reads the sizes of files, and nothing else."""

from __future__ import annotations

import os
import re

from .amounts import total_resources
from .units import BYTES_PER_GIB

_BLOCK = 512
_NETWORK = (b"nfs", b"cifs", b"smb3", b"ceph", b"fuse.", b"glusterfs", b"lustre", b"gpfs", b"ocfs2", b"gfs2", b"9p")
_OCTAL = re.compile(rb"\\([0-7]{3})")


def usage_from_spec(spec):
    # type: (dict) -> dict
    """Return what an instance of ours was granted; zero amounts are left out."""
    return total_resources(spec["flavor"], spec["image"]["properties"])


def usage_from_facts(facts, device, network_mounts=()):
    # type: (dict, object, tuple) -> dict
    """Return what a foreign domain takes; of its disks, what is allocated on the file system ``device`` (st_dev or
    None). Nothing below ``network_mounts`` is looked at.
    """
    paths = [disk["path"] for disk in facts["disks"] if device is not None]
    allocated = sum(allocated_bytes(path, device, network_mounts) for path in paths)
    vcpus, ram_mib = (facts.get("max_" + name, facts[name]) for name in ("vcpus", "ram_mib"))
    return _amounts(vcpus, ram_mib, -(-allocated // BYTES_PER_GIB))


def _amounts(vcpus, ram_mib, disk_gib):
    # type: (int, int, int) -> dict
    amounts = {"VCPU": vcpus, "MEMORY_MB": ram_mib, "DISK_GB": disk_gib}
    return {name: amount for name, amount in amounts.items() if amount}


def read_network_mounts(table="/proc/self/mounts"):
    # type: (str) -> tuple
    """Return the folders under which a ``stat`` may never return, because a server elsewhere has to answer it."""
    try:
        with open(table, "rb") as stream:
            rows = [line.split() for line in stream]
    except OSError:
        return ()
    remote = [row[1] for row in rows if len(row) > 2 and row[2].startswith(_NETWORK)]
    decoded = [_OCTAL.sub(lambda match: bytes([int(match.group(1), 8)]), path) for path in remote]
    return tuple(os.fsdecode(path).rstrip("/") + "/" for path in decoded)


def allocated_bytes(path, device, network_mounts=()):
    # type: (str, int, tuple) -> int
    """Return what a file takes on one file system; 0 for what is not there, or elsewhere."""
    if path.startswith(network_mounts):
        return 0
    try:
        status = os.stat(path)
    except OSError:
        return 0
    return status.st_blocks * _BLOCK if status.st_dev == device else 0


def total_usage(usages):
    # type: (object) -> dict
    """Return the sum of several usages."""
    total = {}
    for usage in usages:
        for name, amount in usage.items():
            total[name] = total.get(name, 0) + amount
    return total
