# SPDX-License-Identifier: GPL-3.0-or-later
"""PCIWeigher: hosts with free PCI devices are kept for those who ask for some.

Source: nova/scheduler/weights/pci.py. Who asks for devices gets the host with the fewest that are enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals

NAME = "PCIWeigher"
OPTION = "pci_weight_multiplier"
SIGN = 1.0
MINVAL: float | None = None
MAXVAL: float | None = None
WORD = "want of PCI devices"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return True."""
    return True


def flat(table: HostTable) -> bool:
    """Tell whether no host has any."""
    return not any(host.pci for host in table.hosts)


def raw(table: HostTable, request: Request) -> Reals:  # noqa: ARG001
    """Return 100 - free devices, of which at most 99 count."""
    return 100.0 - np.minimum(free_devices(table), 99.0)


def at(table: HostTable) -> Callable[[int], float]:
    """Return what tells the raw value of one host."""
    free = free_devices(table)
    return lambda row: 100.0 - min(float(free[row]), 99.0)


def free_devices(table: HostTable) -> Reals:
    """Return how many devices each host has left."""
    return table.keep(NAME, lambda: _Free(table)).free


class _Free:
    """Free devices by row, kept true while instances are booked."""

    def __init__(self, table: HostTable) -> None:
        self.free: Reals = np.array([sum(pool.free for pool in host.pci) for host in table.hosts], dtype=np.float64)
        table.watch(self.booked)

    def booked(self, request: Request, row: int, count: int) -> None:
        for asked in request.shape.pci:
            self.free[row] -= asked.count * count
