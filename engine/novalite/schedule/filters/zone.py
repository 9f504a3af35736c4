# SPDX-License-Identifier: GPL-3.0-or-later
"""AvailabilityZoneFilter: the host's zone is the one asked. Nova 28 does it in Placement; the name stayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "AvailabilityZoneFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether a zone is asked."""
    return request.shape.zone is not None


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts of the zone."""
    asked = request.shape.zone
    return table.keep(f"{NAME} {asked}", lambda: np.array([zone == asked for zone in table.zones], dtype=np.bool_))


def why(table: HostTable, request: Request, row: int) -> str:
    """Return the zone asked and the host's."""
    return f"asked {request.shape.zone}, host is in {table.zones[row] or 'no zone'}"
