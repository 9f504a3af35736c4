# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole batch, one instance after the other: filter, weigh, book, so that the next one sees it.

As Nova's scheduler, but for two things: a host that one instance could not use is looked at again for the next (Nova
drops it for the rest of the batch), and ties go to the first host by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule.batch import Batch
from novalite.schedule.fast import FastBatch
from novalite.schedule.order import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.model.placement import Placement, Unplaced
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable


def select(table: HostTable, requests: Iterable[Request]) -> list[Placement | Unplaced]:
    """Return a result for each request, in the order of placing; placements are booked in the table."""
    return batch_for(table).place_all(in_order(requests, table.options.policy))


def batch_for(table: HostTable) -> Batch | FastBatch:
    """Return what places by the table's policy."""
    return FastBatch(table) if table.options.policy == "fast" else Batch(table)
