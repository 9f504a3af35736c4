# SPDX-License-Identifier: GPL-3.0-or-later
"""ResourcesFilter: room for every other resource class, custom ones too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from novalite.model.resource import DISK_GB, MEMORY_MB, VCPU
from novalite.schedule.filters.capacity import has_room, numbers

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "ResourcesFilter"
_OWN_FILTERS = frozenset({VCPU, MEMORY_MB, DISK_GB})


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether any other class is asked."""
    return any(name not in _OWN_FILTERS for name, _ in request.shape.resources)


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts with room."""
    found = np.ones(len(table), dtype=np.bool_)
    for name, amount in _others(request):
        found &= has_room(table, name, amount)
    return found


def why(table: HostTable, request: Request, row: int) -> str:
    """Return what is asked and what is free, class by class."""
    return "; ".join(numbers(table, name, amount, row) for name, amount in _others(request))


def _others(request: Request) -> list[tuple[str, int]]:
    return [(name, amount) for name, amount in request.shape.resources if name not in _OWN_FILTERS]
