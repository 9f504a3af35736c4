# SPDX-License-Identifier: GPL-3.0-or-later
"""MetricsWeigher: the sum of metric x ratio over ``metrics.weight_setting``; nothing to say where none is set.

A host without one of the metrics: Nova raises if ``metrics.required`` (the default), which ends the request, unless
that host is the only one left (a single host is never weighed). Here such a host is refused by MetricsFilter where that
is enabled, and counts as ``metrics.weight_of_unavailable`` where it is not, required or not: one silent host never
stops all placing. Where metrics are not required, one whose ratio, or the host's multiplier, is 0 may be missing, as in
Nova.
Source: nova/scheduler/weights/metrics.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from novalite.schedule.weighers.even import is_even

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals

NAME = "MetricsWeigher"
OPTION = "metrics_weight_multiplier"  # aggregate metadata; [metrics] weight_multiplier among the options
SIGN = 1.0
MINVAL: float | None = None
MAXVAL: float | None = None
WORD = "by its metrics"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether any metric is set."""
    return bool(table.options.metrics.weight_setting)


def flat(table: HostTable) -> bool:
    """Tell whether no host differs from another."""
    return is_even(_sums(table))


def raw(table: HostTable, request: Request) -> Reals:  # noqa: ARG001
    """Return the sum, or ``weight_of_unavailable``."""
    return _sums(table)


def _sums(table: HostTable) -> Reals:
    return table.keep(NAME, lambda: _weigh(table))


def _weigh(table: HostTable) -> Reals:
    metrics = table.options.metrics
    factors = table.multiplier(OPTION)
    found = np.zeros(len(table), dtype=np.float64)
    for row, host in enumerate(table.hosts):
        for name, ratio in metrics.weight_setting:
            value = host.metrics.get(name)
            if value is not None and math.isfinite(value):
                found[row] += value * ratio
            elif metrics.required or ratio * factors[row] != 0:
                found[row] = metrics.weight_of_unavailable
                break
    return found
