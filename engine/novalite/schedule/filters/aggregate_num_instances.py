# SPDX-License-Identifier: GPL-3.0-or-later
"""AggregateNumInstancesFilter: fewer guests on the host than its aggregates' ``max_instances_per_host``.

The smallest counts; the option of the same name where none says it. Source:
nova/scheduler/filters/num_instances_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule.filters.limits import limits as lowest

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Integers, Mask

NAME = "AggregateNumInstancesFilter"
COUNTER = "num_instances"
_KEY = "max_instances_per_host"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return True: every instance counts."""
    return True


def mask(table: HostTable, request: Request) -> Mask:  # noqa: ARG001
    """Return the hosts with fewer."""
    found: Mask = table.num_instances < limits(table)
    return found


def why(table: HostTable, request: Request, row: int) -> str:  # noqa: ARG001
    """Return how many are there and how many may be."""
    return f"holds {int(table.num_instances[row])} instances, at most {int(limits(table)[row])} by its aggregates"


def limits(table: HostTable) -> Integers:
    """Return how many may be on each host."""
    return lowest(table, _KEY, table.options.max_instances_per_host)
