# SPDX-License-Identifier: GPL-3.0-or-later
"""RAMWeigher: free memory in MiB, without overcommit: spread. Source: nova/scheduler/weights/ram.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.resource import MEMORY_MB

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals

NAME = "RAMWeigher"
OPTION = "ram_weight_multiplier"
SIGN = 1.0
MINVAL: float | None = 0.0
MAXVAL: float | None = None
WORD = "free RAM"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Return True."""
    return True


def flat(table: HostTable) -> bool:  # noqa: ARG001
    """Return False: booking changes it."""
    return False


def raw(table: HostTable, request: Request) -> Reals:  # noqa: ARG001
    """Return total - reserved - used; Nova's host state counts the reserve as used and knows no ratio here."""
    memory = table.resource(MEMORY_MB)
    return memory.unreserved - memory.used


def at(table: HostTable) -> Callable[[int], float]:
    """Return what tells the raw value of one host."""
    memory = table.resource(MEMORY_MB)
    size, used = memory.unreserved.item, memory.used.item
    return lambda row: size(row) - used(row)
