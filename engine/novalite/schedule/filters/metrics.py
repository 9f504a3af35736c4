# SPDX-License-Identifier: GPL-3.0-or-later
"""MetricsFilter: the host reports every metric that the option ``weight_setting`` of ``metrics`` names.

Source: nova/scheduler/filters/metrics_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "MetricsFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether any metric is weighed."""
    return bool(table.options.metrics.weight_setting)


def mask(table: HostTable, request: Request) -> Mask:  # noqa: ARG001
    """Return the hosts that report all."""
    wanted = {name for name, _ in table.options.metrics.weight_setting}
    return table.mask(NAME, "", lambda host: wanted <= host.metrics.keys())


def why(table: HostTable, request: Request, row: int) -> str:  # noqa: ARG001
    """Return what is missing."""
    wanted = sorted({name for name, _ in table.options.metrics.weight_setting})
    missing = [name for name in wanted if name not in table.hosts[row].metrics]
    return f"asked {', '.join(wanted)}; {'missing ' + ', '.join(missing) if missing else 'all reported'}"
