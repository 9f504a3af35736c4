# SPDX-License-Identifier: GPL-3.0-or-later
"""HypervisorVersionWeigher: newer hypervisors first. Source: nova/scheduler/weights/hypervisor_version.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule.weighers.even import is_even

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals

NAME = "HypervisorVersionWeigher"
OPTION = "hypervisor_version_weight_multiplier"
SIGN = 1.0
MINVAL: float | None = None
MAXVAL: float | None = None
WORD = "recent hypervisor"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return True."""
    return True


def flat(table: HostTable) -> bool:
    """Tell whether no host differs from another."""
    return is_even(_versions(table))


def raw(table: HostTable, request: Request) -> Reals:  # noqa: ARG001
    """Return the version as a number (7002022 is 7.2.22); 0 where the host does not say."""
    return _versions(table)


def _versions(table: HostTable) -> Reals:
    return table.column(NAME, lambda host: host.hypervisor_version)
