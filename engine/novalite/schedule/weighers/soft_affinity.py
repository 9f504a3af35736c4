# SPDX-License-Identifier: GPL-3.0-or-later
"""ServerGroupSoftAffinityWeigher: members of the group rather together. Source: nova/scheduler/weights/affinity.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from novalite.model.server_group import SOFT_AFFINITY

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals

NAME = "ServerGroupSoftAffinityWeigher"
OPTION = "soft_affinity_weight_multiplier"
SIGN = 1.0
BY_REQUEST = True
MINVAL: float | None = None
MAXVAL: float | None = None
WORD = "company of its group"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether the group has this policy."""
    return request.group is not None and request.group.policy == SOFT_AFFINITY


def flat(table: HostTable) -> bool:  # noqa: ARG001
    """Return False: booking changes it."""
    return False


def raw(table: HostTable, request: Request) -> Reals:
    """Return the number of members on each host."""
    counts = np.zeros(len(table), dtype=np.float64)
    for row, count in table.members_of(request).items():
        counts[row] = count
    return counts
