# SPDX-License-Identifier: GPL-3.0-or-later
"""AggregateIoOpsFilter: fewer guests at work on the host than its aggregates' ``max_io_ops_per_host``.

The smallest counts; the option of the same name where none says it. Source:
nova/scheduler/filters/io_ops_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule.filters.limits import limits as lowest

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Integers, Mask

NAME = "AggregateIoOpsFilter"
COUNTER = "io_ops"
_KEY = "max_io_ops_per_host"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return True: every new instance is such work."""
    return True


def mask(table: HostTable, request: Request) -> Mask:  # noqa: ARG001
    """Return the hosts with fewer."""
    found: Mask = table.io_ops < limits(table)
    return found


def why(table: HostTable, request: Request, row: int) -> str:  # noqa: ARG001
    """Return how many are at work and how many may be."""
    return f"holds {int(table.io_ops[row])} at work, at most {int(limits(table)[row])} by its aggregates"


def limits(table: HostTable) -> Integers:
    """Return how many may be on each host."""
    return lowest(table, _KEY, table.options.max_io_ops_per_host)
