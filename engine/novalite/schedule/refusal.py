# SPDX-License-Identifier: GPL-3.0-or-later
"""Why no host: each host counted once, under the first filter that refuses it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from novalite.model.placement import Unplaced
from novalite.schedule import filters
from novalite.schedule.relax import advise

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable


def unplaced(table: HostTable, request: Request) -> Unplaced:
    """Return NoValidHost with its reasons, and the smallest change by which it would fit."""
    counts, examples = first_refusals(table, request)
    return Unplaced(request.name, counts, examples, advise(table, request))


def first_refusals(table: HostTable, request: Request) -> tuple[Counter[str], dict[str, str]]:
    """Return how many hosts each filter refuses first, and for each such filter one host with its numbers."""
    left = np.ones(len(table), dtype=np.bool_)
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for rule in filters.applying(table, request):
        passed = rule.mask(table, request)
        refused = np.flatnonzero(left & ~passed)
        if refused.size:
            row = int(refused[0])
            counts[rule.NAME] = int(refused.size)
            examples[rule.NAME] = f"{table.names[row]}: {rule.why(table, request, row)}"
            left &= passed
    return counts, examples
