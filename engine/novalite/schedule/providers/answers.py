# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts can serve a shape, asked again and again while the batch is booked.

For each shape the answer of every host is kept, and asked anew only where something changed that it depends on: the
free amounts of what is asked, each no further than it could be asked. Arithmetic over the columns comes first; only
hosts that could do by the sum are searched, and hosts alike in kind and state only once.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import attrs
import numpy as np

from novalite.schedule.providers.search import solve

if TYPE_CHECKING:
    from novalite.schedule.providers.layout import Layout
    from novalite.schedule.providers.state import Providers
    from novalite.schedule.request import Shape
    from novalite.schedule.table import Integers, Mask

SHAPES = 64  # whose answers are kept for all hosts
STATES = 100_000  # of hosts, whose answers are kept


@attrs.define(slots=True, eq=False)
class _Known:
    """The answers to one shape, and the state of the hosts they are of."""

    mask: Mask
    versions: Integers
    free: dict[str, Integers]
    shared: list[tuple[int, ...]]


class Answers:
    """What was found out so far about the hosts of one table."""

    def __init__(self, providers: Providers) -> None:
        """Know nothing yet."""
        self.providers = providers
        self._known: OrderedDict[Shape, _Known] = OrderedDict()
        self._states: dict[tuple[int, tuple[int, ...]], bool] = {}
        self._layouts: dict[int, Layout] = {}  # keeps them alive, so that their ids stay theirs

    def mask(self, shape: Shape) -> Mask:
        """Return which hosts can serve a shape now."""
        free, shared = self._free(shape), self._shared(shape)
        known = self._known.pop(shape, None)
        if known is None:
            mask = np.zeros(len(self.providers.table), dtype=np.bool_)
            stale = np.ones(len(mask), dtype=np.bool_)
        else:
            mask, stale = known.mask, self._stale(known, free, shared)
        self._ask(shape, mask, stale)
        copies = {name: column.copy() for name, column in free.items()}
        self._known[shape] = _Known(mask, self.providers.versions.copy(), copies, shared)
        if len(self._known) > SHAPES:
            self._known.popitem(last=False)
        return mask.copy()

    def _free(self, shape: Shape) -> dict[str, Integers]:
        return {name: self.providers.table.resource(name).free for name in self.providers.demand(shape).total}

    def _shared(self, shape: Shape) -> list[tuple[int, ...]]:
        providers = self.providers
        demand = providers.demand(shape)
        return [providers.shared_state(number, demand) for number in range(len(providers.sharing))]

    def _stale(self, known: _Known, free: dict[str, Integers], shared: list[tuple[int, ...]]) -> Mask:
        """Return the hosts that changed. Of classes that others offer too, columns tell of plain hosts only."""
        providers = self.providers
        stale: Mask = known.versions != providers.versions
        for name, column in free.items():
            changed = column != known.free[name]
            stale |= (changed & providers.is_plain) if name in providers.classes else changed
        for number, state in enumerate(shared):
            if state != known.shared[number]:
                stale[providers.served[number]] = True
        return stale

    def _ask(self, shape: Shape, mask: Mask, stale: Mask) -> None:
        possible = stale.copy()
        for name, amount in self.providers.demand(shape).total.items():
            possible &= self.providers.table.resource(name).free >= amount
        mask[stale & ~possible] = False
        for row in np.flatnonzero(possible).tolist():
            mask[row] = self.fits(row, shape)

    def fits(self, row: int, shape: Shape) -> bool:
        """Tell whether one host can serve a shape now."""
        layout = self.providers.layout(row, shape)
        free = self.providers.free(row, layout)
        key = (id(layout), layout.state(free))
        found = self._states.get(key)
        if found is None:
            if len(self._states) >= STATES:
                self._states.clear()
            self._layouts[id(layout)] = layout
            found = self._states[key] = solve(layout, free).chosen is not None
        return found
