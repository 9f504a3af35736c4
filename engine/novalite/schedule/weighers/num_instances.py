# SPDX-License-Identifier: GPL-3.0-or-later
"""NumInstancesWeigher: guests on the host; off by default, negative spreads, positive packs.

Source: nova/scheduler/weights/num_instances.py, whose comment says the opposite of its arithmetic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals

NAME = "NumInstancesWeigher"
OPTION = "num_instances_weight_multiplier"
SIGN = 1.0
MINVAL: float | None = None
MAXVAL: float | None = None
WORD = "instances"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return True."""
    return True


def flat(table: HostTable) -> bool:  # noqa: ARG001
    """Return False: booking changes it."""
    return False


def raw(table: HostTable, request: Request) -> Reals:  # noqa: ARG001
    """Return the number of guests on each host, those booked in this batch too."""
    return table.num_instances.astype(np.float64)


def at(table: HostTable) -> Callable[[int], float]:
    """Return what tells the raw value of one host."""
    count = table.num_instances.item
    return lambda row: float(count(row))
