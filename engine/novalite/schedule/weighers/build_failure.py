# SPDX-License-Identifier: GPL-3.0-or-later
"""BuildFailureWeigher: recent failed builds; its multiplier is applied negated.

Source: nova/scheduler/weights/compute.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule.weighers.even import is_even

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals

NAME = "BuildFailureWeigher"
OPTION = "build_failure_weight_multiplier"
SIGN = -1.0
MINVAL: float | None = None
MAXVAL: float | None = None
WORD = "failed builds"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return True."""
    return True


def flat(table: HostTable) -> bool:
    """Tell whether no host differs from another."""
    return is_even(_failures(table))


def raw(table: HostTable, request: Request) -> Reals:  # noqa: ARG001
    """Return the number of failures on each host."""
    return _failures(table)


def _failures(table: HostTable) -> Reals:
    return table.column(NAME, lambda host: host.failed_builds)
