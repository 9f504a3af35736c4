# SPDX-License-Identifier: GPL-3.0-or-later
"""CoreFilter: virtual CPUs, overcommitted by the allocation ratio (4.0 unless the host says otherwise)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.resource import VCPU
from novalite.schedule.filters.capacity import has_room, numbers

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "CoreFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether any is asked."""
    return VCPU in request.shape.amounts


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts with room."""
    return has_room(table, VCPU, request.shape.amounts[VCPU])


def why(table: HostTable, request: Request, row: int) -> str:
    """Return what is asked and what is free."""
    return numbers(table, VCPU, request.shape.amounts[VCPU], row)
