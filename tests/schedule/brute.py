# SPDX-License-Identifier: GPL-3.0-or-later
"""Every assignment of a few instances to a few hosts, judged by the checker: what the best batch can be."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schedule.checker import Judge

Decisions = dict[str, str | None]


def assignments(judge: Judge, *, partial: bool = False) -> Iterator[Decisions]:
    """Yield every assignment without violations; ``partial``: some may be refused."""
    names = sorted(judge.requests)
    nowhere = (None,) if partial else ()
    choices = [
        [*nowhere, *(host for host in sorted(judge.hosts) if not any(judge.unsuited(judge.requests[name], host)))]
        for name in names
    ]
    for hosts in itertools.product(*choices):
        decisions: Decisions = dict(zip(names, hosts, strict=True))
        if not judge.violations(decisions):
            yield decisions


def is_feasible(judge: Judge) -> bool:
    """Tell whether all instances can be placed together."""
    return next(assignments(judge), None) is not None


def most_placed(judge: Judge) -> int:
    """Return how many can be placed together."""
    return max(sum(host is not None for host in found.values()) for found in assignments(judge, partial=True))


def fewest_hosts(judge: Judge) -> int | None:
    """Return how few hosts all of them fit on; None where they do not fit at all."""
    return min((len(set(found.values())) for found in assignments(judge)), default=None)


def fewest_moves(judge: Judge, now: Mapping[str, str]) -> int | None:
    """Return how few of those that live somewhere must move for all to hold; None where nothing holds."""
    return min(
        (sum(found[name] != host for name, host in now.items()) for found in assignments(judge)),
        default=None,
    )
