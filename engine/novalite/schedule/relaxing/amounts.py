# SPDX-License-Identifier: GPL-3.0-or-later
"""Less of an amount: what still fits on a host, in its units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from novalite.model.relaxation import Relaxation
from novalite.model.resource import DISK_GB, MEMORY_MB, PCPU, VCPU
from novalite.schedule.relaxing.guest import is_possible, unpinned

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.schedule.relaxing.asked import Asked, Found
    from novalite.schedule.table import Reals

_WORDS = {VCPU: "{} fewer vCPUs", MEMORY_MB: "{} MiB less RAM", DISK_GB: "{} GiB less disk"}
OWN = {"CoreFilter": VCPU, "RamFilter": MEMORY_MB, "DiskFilter": DISK_GB}


def _classes(name: str, asked: Asked) -> list[str]:
    own = OWN.get(name)
    if own is not None:
        return [own]
    return [each for each, _ in asked.shape.resources if name == "UnitsFilter" or each not in OWN.values()]


def _fits(asked: Asked, resource: str, row: int) -> int:
    """Return the largest amount not above what is asked that the host would give; 0 where there is none."""
    column = asked.table.resource(resource)
    room = min(int(column.free[row]), int(column.max_unit[row]), asked.shape.amounts[resource])
    step = max(int(column.step_size[row]), 1)
    least = max(int(column.min_unit[row]), 1)
    grid = range(room // step * step, least - 1, -step)
    return next((amount for amount in grid if is_possible(asked.shape, resource, amount)), 0)


def amounts(name: str) -> Callable[[Asked, int], Found]:
    """Return the change for a filter of amounts: less of each that does not fit."""

    def relax(asked: Asked, row: int) -> Found:
        found: list[Relaxation] = []
        for resource in _classes(name, asked):
            wanted, fits = asked.shape.amounts[resource], _fits(asked, resource, row)
            if not fits and resource == PCPU and (shared := unpinned(name, asked.shape)):
                found += shared
                continue
            if not fits:
                return ()
            if fits < wanted:
                found.append(less(name, resource, wanted, fits))
        return tuple(found)

    return relax


def less(rule: str, resource: str, wanted: int, fits: int, suffix: str = "") -> Relaxation:
    """Return the change to a smaller amount of the unsuffixed group, or of a request group."""
    fewer = _WORDS.get(resource, "{} fewer " + resource).format(wanted - fits)
    where = f" in request group {suffix}" if suffix else ""
    text = f"with {fewer}{where} ({fits} instead of {wanted})"
    subject = f"{suffix}:{resource}" if suffix else resource
    return Relaxation("amount", rule, subject, text, wanted, fits, (wanted - fits) / wanted)


def shares(name: str, asked: Asked) -> Reals:
    """Return, for a filter of amounts, the share given up on each host; infinite where nothing is left."""
    total: Reals = np.zeros(len(asked.table), dtype=np.float64)
    for resource in _classes(name, asked):
        column, wanted = asked.table.resource(resource), asked.shape.amounts[resource]
        room = np.minimum(np.minimum(column.free, column.max_unit), wanted)
        fits = room // np.maximum(column.step_size, 1) * np.maximum(column.step_size, 1)
        # Whose CPUs may be pinned no longer gives up another wish than the amount.
        none = 0.0 if resource == PCPU and asked.shape.topology is not None else np.inf
        total += np.where(fits >= np.maximum(column.min_unit, 1), (wanted - fits) / wanted, none)
    return total
