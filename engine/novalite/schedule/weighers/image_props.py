# SPDX-License-Identifier: GPL-3.0-or-later
"""ImagePropertiesWeigher: guests whose images are alike together (positive multiplier) or apart; off by default.

Each guest on the host that has a property of the request's image with the same value counts once for that property,
times the property's ratio in ``image_props_weight_setting`` where any are set (a property without one then counts 0).
Source: nova/scheduler/weights/image_props.py. Other than there: guests booked in the same batch always count (in Nova
only those of server groups), properties that Nova does not know count too, and an aggregate may switch the weigher on
where the option is 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Reals

NAME = "ImagePropertiesWeigher"
OPTION = "image_props_weight_multiplier"
SIGN = 1.0
BY_REQUEST = True
MINVAL: float | None = None
MAXVAL: float | None = None
WORD = "guests of like images"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether the image has any property."""
    return bool(request.shape.image_properties)


def flat(table: HostTable) -> bool:  # noqa: ARG001
    """Return False: booking changes it."""
    return False


def raw(table: HostTable, request: Request) -> Reals:
    """Return the sum over the image's properties of ratio x guests with the same value."""
    counts = table.keep(NAME, lambda: _Counts(table)).counts
    ratios = dict(table.options.image_props_weight_setting)
    found = np.zeros(len(table), dtype=np.float64)
    for pair in request.shape.image_properties:
        column = counts.get(pair)
        if column is not None:
            found += (ratios.get(pair[0], 0.0) if ratios else 1.0) * column
    return found


class _Counts:
    """How many guests of each row have a property with a value, kept true while instances are booked."""

    def __init__(self, table: HostTable) -> None:
        self.counts: dict[tuple[str, str], Reals] = {}
        self._rows = len(table)
        for row, host in enumerate(table.hosts):
            for resident in host.residents:
                self._add(resident.image_properties.items(), row, 1)
        table.watch(self.booked)

    def booked(self, request: Request, row: int, count: int) -> None:
        self._add(request.shape.image_properties, row, count)

    def _add(self, pairs: Iterable[tuple[str, str]], row: int, count: int) -> None:
        for key, value in pairs:
            column = self.counts.get((key, value))
            if column is None:
                column = self.counts[key, value] = np.zeros(self._rows, dtype=np.float64)
            column[row] += count
