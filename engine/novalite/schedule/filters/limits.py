# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits that aggregates may set for their hosts: the smallest of several. Not a filter itself. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.table import HostTable, Integers

_MOST = 2**31


def limits(table: HostTable, key: str, default: int) -> Integers:
    """Return the limit of each host: the smallest that its aggregates say under a key, else the default.

    A value that is no whole number is left out alone (Nova leaves out all values of that key then). Source:
    nova/scheduler/filters/utils.py, validate_num_values.
    """
    known: Integers | None = table.memo.get(("limits", key))
    if known is None:
        said: dict[int, int] = {}
        for aggregate in table.aggregates:
            number = _whole(aggregate.metadata.get(key))
            for host in aggregate.hosts if number is not None else ():
                row = table.rows.get(host)
                if row is not None and number is not None:
                    said[row] = min(number, said.get(row, number))
        known = np.full(len(table), default, dtype=np.int64)
        for row, limit in said.items():
            known[row] = limit
        table.memo["limits", key] = known
    return known


def _whole(text: str | None) -> int | None:
    try:
        return None if text is None else min(max(int(text), -_MOST), _MOST)
    except ValueError:
        return None
