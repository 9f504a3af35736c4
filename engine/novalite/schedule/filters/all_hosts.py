# SPDX-License-Identifier: GPL-3.0-or-later
"""AllHostsFilter: every host. Source: nova/scheduler/filters/all_hosts_filter.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "AllHostsFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return False: it has nothing to say."""
    return False


def mask(table: HostTable, request: Request) -> Mask:  # noqa: ARG001
    """Return every host."""
    return np.ones(len(table), dtype=np.bool_)


def why(table: HostTable, request: Request, row: int) -> str:  # noqa: ARG001
    """Return that it asks nothing."""
    return "asks nothing"
