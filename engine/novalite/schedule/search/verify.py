# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer is held against the real filters, by booking one instance after the other in the real table. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule import filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from novalite.schedule.request import Request, Shape
    from novalite.schedule.table import HostTable, Mask


def passes(table: HostTable, placed: Iterable[tuple[Request, int]]) -> bool:
    """Tell whether every filter lets each request onto its row in turn; the table is left as it was."""
    booked: list[tuple[Request, int]] = []
    masks: dict[Shape, Mask] = {}
    try:
        for request, row in placed:
            if not _passes(table, request, row, masks):
                return False
            table.book(request, row)
            booked.append((request, row))
    finally:
        unbook(table, booked)
    return True


def _passes(table: HostTable, request: Request, row: int, masks: dict[Shape, Mask]) -> bool:
    known = masks.get(request.shape)
    if known is None:
        for rule in filters.applying(table, request, filters.BY_SHAPE):
            mask = rule.mask(table, request)
            known = mask.copy() if known is None else known & mask
        if known is not None:
            masks[request.shape] = known
    if known is not None and not known[row]:
        return False
    return all(rule.mask(table, request)[row] for rule in filters.applying(table, request, filters.BY_USAGE))


def unbook(table: HostTable, booked: Sequence[tuple[Request, int]]) -> None:
    """Take bookings back, the last one first."""
    for request, row in reversed(booked):
        table.unbook(request, row)
