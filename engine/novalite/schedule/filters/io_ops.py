# SPDX-License-Identifier: GPL-3.0-or-later
"""IoOpsFilter: fewer guests being built, resized, moved or rescued on the host than ``max_io_ops_per_host`` (8).

Source: nova/scheduler/filters/io_ops_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Integers, Mask

NAME = "IoOpsFilter"
COUNTER = "io_ops"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return True: every new instance is such work."""
    return True


def mask(table: HostTable, request: Request) -> Mask:  # noqa: ARG001
    """Return the hosts with fewer."""
    found: Mask = table.io_ops < table.options.max_io_ops_per_host
    return found


def limits(table: HostTable) -> Integers:
    """Return how many may be on each host."""
    return np.full(len(table), table.options.max_io_ops_per_host, dtype=np.int64)


def why(table: HostTable, request: Request, row: int) -> str:  # noqa: ARG001
    """Return how many are at work and how many may be."""
    return f"holds {int(table.io_ops[row])} at work, at most {table.options.max_io_ops_per_host}"
