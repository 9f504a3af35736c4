# SPDX-License-Identifier: GPL-3.0-or-later
"""HostFilter: the fleet says which host (``host: kvm-3``). Nova calls it a requested destination."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "HostFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether the instance is pinned."""
    return request.shape.host is not None


def mask(table: HostTable, request: Request) -> Mask:
    """Return the one host of the pin; none where it did not answer or does not exist."""
    found = np.zeros(len(table), dtype=np.bool_)
    row = table.rows.get(str(request.shape.host))
    if row is not None:
        found[row] = True
    return found


def why(table: HostTable, request: Request, row: int) -> str:
    """Return the host asked and this one."""
    return f"asked {request.shape.host}, this is {table.names[row]}"
