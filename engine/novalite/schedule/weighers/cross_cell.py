# SPDX-License-Identifier: GPL-3.0-or-later
"""CrossCellWeigher: an instance that may move to another cell rather stays in its own.

Source: nova/scheduler/weights/cross_cell.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals

NAME = "CrossCellWeigher"
OPTION = "cross_cell_move_weight_multiplier"
SIGN = 1.0
BY_REQUEST = True
MINVAL: float | None = None
MAXVAL: float | None = None
WORD = "nearness to its cell"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether the instance moves, and from which cell (``Request.cell``)."""
    return request.cell is not None


def flat(table: HostTable) -> bool:
    """Tell whether all hosts are in one cell."""
    return len({host.cell for host in table.hosts}) < 2


def raw(table: HostTable, request: Request) -> Reals:
    """Return 1 in the cell that the instance comes from, -1 in any other."""
    cell = request.cell
    same = table.mask(NAME, cell or "", lambda host: host.cell == cell)
    return np.where(same, 1.0, -1.0)
