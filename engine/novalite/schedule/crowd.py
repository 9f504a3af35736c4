# SPDX-License-Identifier: GPL-3.0-or-later
"""Crowd: the hosts that a hard anti-affinity group has filled, kept while a batch is placed.

Groups can have thousands of members; asking the table anew for each would make a batch quadratic.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Integers
    from novalite.schedule.view import View

NAMED = 3  # how many hosts a reason names


class Crowd:
    """One group's full hosts: the first by name, how many, and their positions in each view that asked."""

    def __init__(self, table: HostTable, request: Request) -> None:
        self.limit = request.group.max_server_per_host if request.group is not None else 1
        self.rows = [row for row, count in table.members_of(request).items() if count >= self.limit]
        self.first = sorted(self.rows)[:NAMED]
        self._positions: dict[int, tuple[View, Integers, int, int]] = {}

    def add(self, table: HostTable, request: Request, row: int) -> None:
        """Note that one more member was booked on a host."""
        if table.members_of(request)[row] == self.limit:
            self.fill(row)

    def fill(self, row: int) -> None:
        """Note that a host is full now."""
        self.rows.append(row)
        insort(self.first, row)
        del self.first[NAMED:]

    def positions(self, view: View) -> Integers:
        """Return where the full hosts are in a view."""
        known = self._positions.get(id(view))
        if known is None:
            known = (view, np.empty(8, dtype=np.int64), 0, 0)
        _, buffer, size, seen = known
        for row in self.rows[seen:]:
            position = view.position[row]
            if position < view.size:
                if size == buffer.size:
                    buffer = np.concatenate((buffer, np.empty_like(buffer)))
                buffer[size] = position
                size += 1
        self._positions[id(view)] = (view, buffer, size, len(self.rows))
        return buffer[:size]
