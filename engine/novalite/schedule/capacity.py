# SPDX-License-Identifier: GPL-3.0-or-later
"""How many more instances of a kind fit, now and after losses. Any policy that gives up only when no host passes places
as many: hosts do not depend on each other for what has no group.

Where only amounts decide it is arithmetic on columns: the least of free // amount, on the hosts that pass the rest.
Where other rules depend on what is booked (pinned CPUs, devices, numbers of instances) it is counted by booking, on all
hosts at the same time, round by round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from novalite.model.capacity import Loss, Room
from novalite.schedule import filters
from novalite.schedule.domains import domains
from novalite.schedule.refusal import first_refusals
from novalite.schedule.resettle import Rest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Integers

# Rules that booking changes, and that amounts decide alone.
ARITHMETIC = frozenset({"CoreFilter", "RamFilter", "DiskFilter", "ResourcesFilter"})
MOST_BOOKED = 200_000  # instances booked to count them; more are "at least"
MOST_PLACED_AGAIN = 5_000  # instances of a lost domain that are placed again to see what is left


def room(table: HostTable, request: Request, of: Iterable[str], living: Mapping[int, Sequence[Request]]) -> Room:
    """Return how many more of a request fit, and after the worst loss of a domain of each kind in ``of``.

    ``living``: row -> what lives there and is placed again after a loss. The request has no group.
    """
    counts, is_exact = counted(table, request)
    now = int(counts.sum())
    losses = [loss for kind in of if (loss := _worst(table, request, kind, counts, living)) is not None]
    limits = ""
    if not now:
        refused, _ = first_refusals(table, request)
        limits = ", ".join(f"{count} {name}" for name, count in refused.items())
    return Room(request.name, now, int((counts > 0).sum()), tuple(losses), is_exact, limits)


def counted(table: HostTable, request: Request, rest: Rest | None = None) -> tuple[Integers, bool]:
    """Return how many more of a request each host takes (of those that are left), and whether that is all."""
    rest = rest or Rest.of(table)
    passed = rest.passing(request)
    usage = filters.applying(table, request, filters.BY_USAGE)
    if request.shape.resources and all(rule.NAME in ARITHMETIC for rule in usage):
        counts: Integers = np.full(len(table), np.iinfo(np.int64).max, dtype=np.int64)
        for name, amount in request.shape.resources:
            counts = np.minimum(counts, table.resource(name).free // amount)
        return np.where(passed, counts, 0), True
    return _booked(table, request, rest)


def _shares(table: HostTable, request: Request) -> bool:
    """Tell whether what one host takes may be missing on another."""
    return bool(table.providers.sharing) and table.providers.concerns(request)


def _booked(table: HostTable, request: Request, rest: Rest | None = None) -> tuple[Integers, bool]:
    """Count by booking one on each host that takes it, until none does."""
    rest = rest or Rest.of(table)
    booked: list[tuple[Request, int]] = []
    counts: Integers = np.zeros(len(table), dtype=np.int64)
    is_shared = _shares(table, request)
    while len(booked) < MOST_BOOKED:
        rows = np.flatnonzero(rest.passing(request)).tolist()
        if not rows:
            break
        for place, row in enumerate(rows):
            # What hosts share may be used up by the hosts before.
            if place and is_shared and not rest.passing(request)[row]:
                continue
            table.book(request, row)
            booked.append((request, row))
            counts[row] += 1
    is_exact = len(booked) < MOST_BOOKED
    rest.unpack(booked)
    return counts, is_exact


def _worst(
    table: HostTable, request: Request, of: str, counts: Integers, living: Mapping[int, Sequence[Request]]
) -> Loss | None:
    """Return the loss that leaves the least; the first by name of equals. None where there is no domain."""
    known = domains(table, of)
    if not known:
        return None
    found = _left(table, request, known, counts)
    domain = min(found, key=lambda name: found[name])
    rows = known[domain]
    moving = [(one, row) for row in rows for one in living.get(row, ())]
    if len(moving) > MOST_PLACED_AGAIN:
        return Loss(of, domain, found[domain], len(moving), None, was_tried=False)
    return Loss(of, domain, found[domain], len(moving), _after(table, request, rows, moving))


def _left(table: HostTable, request: Request, known: Mapping[str, Sequence[int]], counts: Integers) -> dict[str, int]:
    """Return domain -> how many more fit on the rest. What hosts share, those that are left have for themselves."""
    total = int(counts.sum())
    if not _shares(table, request) or total * len(known) > MOST_BOOKED:
        return {domain: total - int(counts[list(rows)].sum()) for domain, rows in known.items()}
    rest, found = Rest.of(table), {}
    for domain, rows in known.items():
        with rest.lost(rows):
            found[domain] = int(counted(table, request, rest)[0].sum())
    return found


def _after(
    table: HostTable, request: Request, rows: Sequence[int], moving: Sequence[tuple[Request, int]]
) -> int | None:
    """Return how many more fit on the rest once what lived on the lost hosts is placed there; None where it is not."""
    rest = Rest.of(table)
    with rest.lost(rows, moving):
        requests = [one for one, _ in moving]
        booked = rest.pack(sorted(requests, key=lambda one: (-one.shape.amounts.get("MEMORY_MB", 0), one.name)))
        left = int(counted(table, request, rest)[0].sum())
        rest.unpack(booked)
    return left if len(booked) == len(moving) else None
