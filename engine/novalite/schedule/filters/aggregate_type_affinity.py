# SPDX-License-Identifier: GPL-3.0-or-later
"""AggregateTypeAffinityFilter: the host's aggregates list the flavor under ``instance_type``, or say nothing of it.

Source: nova/scheduler/filters/type_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule.filters.metadata import rows_with, shown

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "AggregateTypeAffinityFilter"
_KEY = "instance_type"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether any aggregate has the key."""
    return any(_KEY in aggregate.metadata for aggregate in table.aggregates)


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts that are for the flavor, or for any."""
    flavor = request.shape.flavor
    said = rows_with(table, NAME, "", lambda name, _: name == _KEY)
    return ~said | rows_with(table, NAME, f"={flavor}", lambda name, values: name == _KEY and flavor in values)


def why(table: HostTable, request: Request, row: int) -> str:
    """Return the flavor and what the host's aggregates say."""
    return f"asked flavor {request.shape.flavor}; its aggregates say {shown(table, row, {_KEY})}"
