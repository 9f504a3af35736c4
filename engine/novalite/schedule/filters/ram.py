# SPDX-License-Identifier: GPL-3.0-or-later
"""RamFilter: memory in MiB, less what is reserved for the host (512 unless it says otherwise)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.resource import MEMORY_MB
from novalite.schedule.filters.capacity import has_room, numbers

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "RamFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether any is asked."""
    return MEMORY_MB in request.shape.amounts


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts with room."""
    return has_room(table, MEMORY_MB, request.shape.amounts[MEMORY_MB])


def why(table: HostTable, request: Request, row: int) -> str:
    """Return what is asked and what is free."""
    return numbers(table, MEMORY_MB, request.shape.amounts[MEMORY_MB], row)
