# SPDX-License-Identifier: GPL-3.0-or-later
"""ComputeFilter: only hosts that take new instances (``novalite_enabled``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "ComputeFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return True: a disabled host takes nothing."""
    return True


def mask(table: HostTable, request: Request) -> Mask:  # noqa: ARG001
    """Return the enabled hosts."""
    return table.enabled


def why(table: HostTable, request: Request, row: int) -> str:  # noqa: ARG001
    """Return whether the host is enabled."""
    return "enabled" if table.enabled[row] else "disabled for new instances"
