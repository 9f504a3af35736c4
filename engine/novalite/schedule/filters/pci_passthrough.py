# SPDX-License-Identifier: GPL-3.0-or-later
"""PciPassthroughFilter: the host has enough free devices of each kind asked, wherever in it they are.

Source: nova/scheduler/filters/pci_passthrough_filter.py. That they are near the guest's cells is NUMATopologyFilter's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule.numa.fit import Want
from novalite.schedule.numa.hardware import hardware_of

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "PciPassthroughFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether any device is asked."""
    return bool(request.shape.pci)


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts that have them."""
    return hardware_of(table).mask(Want(pci=request.shape.pci))


def why(table: HostTable, request: Request, row: int) -> str:
    """Return how many are asked and how many are free; where they suffice, which it would get."""
    answer = hardware_of(table).answer(Want(pci=request.shape.pci), row)
    if isinstance(answer, str):
        return answer
    return ", ".join(f"{device.alias} at {device.address}" for device in answer.pci)
