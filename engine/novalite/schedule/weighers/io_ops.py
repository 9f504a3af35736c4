# SPDX-License-Identifier: GPL-3.0-or-later
"""IoOpsWeigher: guests that are being built, resized, rescued, ...: rather a quiet host.

Source: nova/scheduler/weights/io_ops.py. The multiplier is negative by default. Each instance booked counts as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals

NAME = "IoOpsWeigher"
OPTION = "io_ops_weight_multiplier"
SIGN = 1.0
MINVAL: float | None = 0.0
MAXVAL: float | None = None
WORD = "running operations"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return True."""
    return True


def flat(table: HostTable) -> bool:  # noqa: ARG001
    """Return False: booking changes it."""
    return False


def raw(table: HostTable, request: Request) -> Reals:  # noqa: ARG001
    """Return the number of operations on each host."""
    return table.io_ops.astype(np.float64)


def at(table: HostTable) -> Callable[[int], float]:
    """Return what tells the raw value of one host."""
    count = table.io_ops.item
    return lambda row: float(count(row))
