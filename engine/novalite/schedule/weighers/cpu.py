# SPDX-License-Identifier: GPL-3.0-or-later
"""CPUWeigher: free virtual CPUs: spread. Source: nova/scheduler/weights/cpu.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.resource import VCPU

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals

NAME = "CPUWeigher"
OPTION = "cpu_weight_multiplier"
MINVAL: float | None = 0.0
MAXVAL: float | None = None
SIGN = 1.0
WORD = "free CPU"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return True."""
    return True


def raw(table: HostTable, request: Request) -> Reals:  # noqa: ARG001
    """Return total x allocation_ratio - used; Nova does not subtract the reserve here."""
    cpus = table.resource(VCPU)
    free: Reals = cpus.total * cpus.ratio - cpus.used
    return free
