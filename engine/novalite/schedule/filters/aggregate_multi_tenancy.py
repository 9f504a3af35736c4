# SPDX-License-Identifier: GPL-3.0-or-later
"""AggregateMultiTenancyIsolation: the host's aggregates list the project under ``filter_tenant_id*``, or list none.

A host whose aggregates list projects takes those of all its lists, and no others.
Source: nova/scheduler/filters/aggregate_multitenancy_isolation.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule.filters.metadata import rows_with, shown

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "AggregateMultiTenancyIsolation"
_PREFIX = "filter_tenant_id"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether any aggregate lists projects."""
    return any(key.startswith(_PREFIX) for aggregate in table.aggregates for key in aggregate.metadata)


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts that are for the project, or for any."""
    project = request.shape.project
    listing = rows_with(table, NAME, "", lambda name, _: name.startswith(_PREFIX))
    return ~listing | rows_with(table, NAME, f"={project}", lambda name, of: name.startswith(_PREFIX) and project in of)


def why(table: HostTable, request: Request, row: int) -> str:
    """Return the project and what the host's aggregates say."""
    keys = {key for aggregate in table.aggregates_of(row) for key in aggregate.metadata if key.startswith(_PREFIX)}
    return f"asked for project {request.shape.project}; its aggregates say {shown(table, row, keys)}"
