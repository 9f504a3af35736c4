# SPDX-License-Identifier: GPL-3.0-or-later
"""NumInstancesFilter: fewer guests on the host than the option ``max_instances_per_host`` (50).

Source: nova/scheduler/filters/num_instances_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Integers, Mask

NAME = "NumInstancesFilter"
COUNTER = "num_instances"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return True: every instance counts."""
    return True


def mask(table: HostTable, request: Request) -> Mask:  # noqa: ARG001
    """Return the hosts with fewer."""
    found: Mask = table.num_instances < table.options.max_instances_per_host
    return found


def limits(table: HostTable) -> Integers:
    """Return how many may be on each host."""
    return np.full(len(table), table.options.max_instances_per_host, dtype=np.int64)


def why(table: HostTable, request: Request, row: int) -> str:  # noqa: ARG001
    """Return how many are there and how many may be."""
    return f"holds {int(table.num_instances[row])} instances, at most {table.options.max_instances_per_host}"
