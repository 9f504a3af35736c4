# SPDX-License-Identifier: GPL-3.0-or-later
"""CPUWeigher: free virtual CPUs: spread. Source: nova/scheduler/weights/cpu.py, nova/compute/resource_tracker.py.

Nova's ``vcpus_used`` starts at ``reserved_host_cpus`` and grows by every guest's vCPUs, those of pinned guests too,
whose CPUs are not in ``vcpus_total``. So here: the reserve comes off after the ratio, and what is pinned (PCPU) counts
as used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.resource import VCPU

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals

NAME = "CPUWeigher"
OPTION = "cpu_weight_multiplier"
SIGN = 1.0
MINVAL: float | None = 0.0
MAXVAL: float | None = None
WORD = "free CPU"

_PCPU = "PCPU"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return True."""
    return True


def flat(table: HostTable) -> bool:  # noqa: ARG001
    """Return False: booking changes it."""
    return False


def raw(table: HostTable, request: Request) -> Reals:  # noqa: ARG001
    """Return total x allocation_ratio - reserved - used."""
    cpus, pinned = table.resource(VCPU), table.resource(_PCPU)
    free: Reals = cpus.total * cpus.ratio - (cpus.reserved + cpus.used + pinned.used)
    return free


def at(table: HostTable) -> Callable[[int], float]:
    """Return what tells the raw value of one host."""
    cpus, pinned = table.resource(VCPU), table.resource(_PCPU)
    size, reserved = (cpus.total * cpus.ratio).item, cpus.reserved.item
    used, dedicated = cpus.used.item, pinned.used.item
    return lambda row: size(row) - (reserved(row) + used(row) + dedicated(row))
