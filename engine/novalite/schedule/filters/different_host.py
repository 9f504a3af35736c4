# SPDX-License-Identifier: GPL-3.0-or-later
"""DifferentHostFilter: none of the instances that the hint ``different_host`` names is on the host.

Source: nova/scheduler/filters/affinity_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule.filters import neighbours

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "DifferentHostFilter"
HINT = "different_host"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether the hint is given."""
    return bool(request.shape.hints) and bool(request.shape.hint(HINT))


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts without any of them."""
    return ~neighbours.holders(table, request, HINT)


def why(table: HostTable, request: Request, row: int) -> str:
    """Return which of them are there."""
    asked, there = request.shape.hint(HINT), neighbours.named(table, request, HINT, row)
    return f"asked to be apart from {', '.join(asked)}; here: {', '.join(there) or 'none of them'}"
