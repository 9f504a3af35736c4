# SPDX-License-Identifier: GPL-3.0-or-later
"""ComputeFilter: only hosts that are up and take new instances (``novalite_enabled``).

Source: nova/scheduler/filters/compute_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "ComputeFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return True: a disabled host takes nothing."""
    return True


def about(request: Request) -> object:  # noqa: ARG001
    """Return what is looked at: nothing of the request."""
    return None


def mask(table: HostTable, request: Request) -> Mask:  # noqa: ARG001
    """Return the enabled hosts that are up."""
    return table.enabled & table.mask(NAME, "up", lambda host: host.up)


def why(table: HostTable, request: Request, row: int) -> str:  # noqa: ARG001
    """Return whether the host is enabled and up."""
    if not table.enabled[row]:
        return "disabled for new instances"
    return "enabled" if table.hosts[row].up else "enabled, but down"
