# SPDX-License-Identifier: GPL-3.0-or-later
"""UnitsFilter: the size of a single request suits the host: min_unit <= amount <= max_unit, a multiple of step_size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "UnitsFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether anything is asked."""
    return bool(request.shape.resources)


def about(request: Request) -> object:
    """Return what is looked at."""
    return request.shape.resources


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts that accept the amounts asked, however empty they are."""
    found = np.ones(len(table), dtype=np.bool_)
    for name, amount in request.shape.resources:
        units = table.resource(name)
        found &= (units.min_unit <= amount) & (amount <= units.max_unit) & (amount % units.step_size == 0)
    return found


def why(table: HostTable, request: Request, row: int) -> str:
    """Return the amounts that do not suit, with the limits."""
    wrong = []
    for name, amount in request.shape.resources:
        units = table.resource(name)
        low, high, step = int(units.min_unit[row]), int(units.max_unit[row]), int(units.step_size[row])
        if not units.total[row]:
            wrong.append(f"asked {amount} {name}, the host has none")
        elif not (low <= amount <= high and amount % step == 0):
            wrong.append(f"asked {amount} {name}, one request may take {low} to {high} in steps of {step}")
    return "; ".join(wrong) or "every amount is within the units"
