# SPDX-License-Identifier: GPL-3.0-or-later
"""NUMATopologyFilter: the host's cells can hold the guest's: CPUs, pins, pages, memory, and PCI devices near enough.

Source: nova/scheduler/filters/numa_topology_filter.py. A host that tells of no cells holds only guests without any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule.numa.hardware import hardware_of, want_of

if TYPE_CHECKING:
    from novalite.model.claim import Claim
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "NUMATopologyFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether the guest has a topology."""
    return request.shape.topology is not None


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts on which it fits."""
    return hardware_of(table).mask(want_of(request.shape))


def passes(table: HostTable, request: Request, row: int) -> bool:
    """Tell it of one host."""
    return not isinstance(hardware_of(table).answer(want_of(request.shape), row), str)


def why(table: HostTable, request: Request, row: int) -> str:
    """Return what is missing where it comes nearest; where it fits, what it would get."""
    answer = hardware_of(table).answer(want_of(request.shape), row)
    return answer if isinstance(answer, str) else _words(answer)


def _words(claim: Claim) -> str:
    parts = []
    for cell in claim.cells:
        pins = f", CPUs {', '.join(str(pcpu) for _, pcpu in cell.pcpus)}" if cell.pcpus else ""
        pages = f", pages of {cell.page_size_kib}KiB" if cell.page_size_kib else ""
        parts.append(f"guest cell {cell.id} on cell {cell.host_cell}{pins}{pages}")
    return "; ".join(parts)
