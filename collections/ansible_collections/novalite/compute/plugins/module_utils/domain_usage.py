# SPDX-License-Identifier: GPL-3.0-or-later
"""What a domain uses of its host, by Placement's resource classes. Reads the sizes of files, and nothing else.

Source: nova/scheduler/utils.py, ResourceRequest: DISK_GB = root + ephemeral + swap rounded up to GiB.
"""

from __future__ import annotations

import os

from .units import BYTES_PER_GIB, gib_ceil

_BLOCK = 512


def usage_from_spec(spec):
    # type: (dict) -> dict
    """Return what an instance of ours was granted; zero amounts are left out."""
    flavor = spec["flavor"]
    disk = flavor["disk_gib"] + flavor["ephemeral_gib"] + gib_ceil(flavor["swap_mib"])
    return _amounts(flavor["vcpus"], flavor["ram_mib"], disk)


def usage_from_facts(facts, device):
    # type: (dict, object) -> dict
    """Return what a foreign domain takes; of its disks, what is allocated on the file system ``device`` (st_dev or
    None).
    """
    allocated = sum(allocated_bytes(disk["path"], device) for disk in facts["disks"] if device is not None)
    return _amounts(facts["vcpus"], facts["ram_mib"], -(-allocated // BYTES_PER_GIB))


def _amounts(vcpus, ram_mib, disk_gib):
    # type: (int, int, int) -> dict
    amounts = {"VCPU": vcpus, "MEMORY_MB": ram_mib, "DISK_GB": disk_gib}
    return {name: amount for name, amount in amounts.items() if amount}


def allocated_bytes(path, device):
    # type: (str, int) -> int
    """Return what a file takes on one file system; 0 for what is not there, or elsewhere."""
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
