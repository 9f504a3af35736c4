# SPDX-License-Identifier: GPL-3.0-or-later
"""AggregateInstanceExtraSpecsFilter: extra specs of the flavor match the metadata of the host's aggregates.

Looked at are keys with the scope ``aggregate_instance_extra_specs:`` and keys without a scope. Values of several
aggregates are merged, and split on commas, as in Nova; matching is by equality.
Source: nova/scheduler/filters/aggregate_instance_extra_specs.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "AggregateInstanceExtraSpecsFilter"
_SCOPE = "aggregate_instance_extra_specs:"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether the flavor asks anything of aggregates."""
    return any(key.startswith(_SCOPE) or ":" not in key for key, _ in request.shape.extra_specs)


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts whose aggregates say all that is asked."""
    found = np.ones(len(table), dtype=np.bool_)
    for key, value in _asked(request):
        rows = [table.rows[host] for host in _hosts(table, key, value) if host in table.rows]
        passed = np.zeros(len(table), dtype=np.bool_)
        passed[rows] = True
        found &= passed
    return found


def why(table: HostTable, request: Request, row: int) -> str:
    """Return what is asked, and what the host's aggregates say of the same keys."""
    asked = _asked(request)
    host = table.names[row]
    said = sorted(
        f"{key}={aggregate.metadata[key]}"
        for key, _ in asked
        for aggregate in table.aggregates
        if host in aggregate.hosts and key in aggregate.metadata
    )
    wanted = ", ".join(f"{key}={value}" for key, value in asked)
    return f"asked {wanted}; its aggregates say {', '.join(said) or 'nothing of it'}"


def _asked(request: Request) -> list[tuple[str, str]]:
    return [
        (key.removeprefix(_SCOPE), value)
        for key, value in request.shape.extra_specs
        if key.startswith(_SCOPE) or ":" not in key
    ]


def _hosts(table: HostTable, key: str, value: str) -> set[str]:
    found: set[str] = set()
    for aggregate in table.aggregates:
        if value in [part.strip() for part in aggregate.metadata.get(key, "").split(",") if part.strip()]:
            found.update(aggregate.hosts)
    return found
