# SPDX-License-Identifier: GPL-3.0-or-later
"""DiskWeigher: free disk in MiB: spread. Source: nova/scheduler/weights/disk.py, nova/compute/resource_tracker.py.

Nova books an instance's swap only when its host reports it, so within a batch it still shows as free there; here it is
booked at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.resource import DISK_GB

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals

NAME = "DiskWeigher"
OPTION = "disk_weight_multiplier"
SIGN = 1.0
MINVAL: float | None = 0.0
MAXVAL: float | None = None
WORD = "free disk"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return True."""
    return True


def flat(table: HostTable) -> bool:  # noqa: ARG001
    """Return False: booking changes it."""
    return False


def raw(table: HostTable, request: Request) -> Reals:  # noqa: ARG001
    """Return (total - reserved - used) in MiB; the ratio does not count, as in Nova."""
    disk = table.resource(DISK_GB)
    free: Reals = (disk.unreserved - disk.used) * 1024.0
    return free


def at(table: HostTable) -> Callable[[int], float]:
    """Return what tells the raw value of one host."""
    disk = table.resource(DISK_GB)
    size, used = disk.unreserved.item, disk.used.item
    return lambda row: (size(row) - used(row)) * 1024.0
