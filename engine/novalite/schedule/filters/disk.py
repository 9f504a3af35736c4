# SPDX-License-Identifier: GPL-3.0-or-later
"""DiskFilter: disk in GiB: root, ephemeral and swap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.resource import DISK_GB
from novalite.schedule.filters.capacity import has_room, numbers

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "DiskFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether any is asked."""
    return DISK_GB in request.shape.amounts


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts with room."""
    return has_room(table, DISK_GB, request.shape.amounts[DISK_GB])


def why(table: HostTable, request: Request, row: int) -> str:
    """Return what is asked and what is free."""
    return numbers(table, DISK_GB, request.shape.amounts[DISK_GB], row)
