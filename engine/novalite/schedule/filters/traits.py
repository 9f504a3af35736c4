# SPDX-License-Identifier: GPL-3.0-or-later
"""TraitsFilter: the host has every required trait and no forbidden one (Placement's ``required=A,!B``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "TraitsFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether any trait is required or forbidden."""
    return bool(request.shape.required or request.shape.forbidden)


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts whose traits are as asked."""
    found = np.ones(len(table), dtype=np.bool_)
    for trait in request.shape.required:
        found &= _holders(table, trait)
    for trait in request.shape.forbidden:
        found &= ~_holders(table, trait)
    return found


def why(table: HostTable, request: Request, row: int) -> str:
    """Return which traits are missing or too many."""
    has = table.hosts[row].traits
    missing = sorted(request.shape.required - has)
    unwanted = sorted(request.shape.forbidden & has)
    parts = [f"lacks {trait}" for trait in missing] + [f"has {trait}, which is forbidden" for trait in unwanted]
    return ", ".join(parts) or "has what is required and nothing forbidden"


def _holders(table: HostTable, trait: str) -> Mask:
    return table.mask(NAME, trait, lambda host: trait in host.traits)
