# SPDX-License-Identifier: GPL-3.0-or-later
"""AggregateInstanceExtraSpecsFilter: extra specs of the flavor match the metadata of the host's aggregates.

Looked at are keys with the scope ``aggregate_instance_extra_specs:`` and keys without a scope: each must be there, and
one of its values match (operators: model/extra_spec.py). So a key without a scope that names an attribute of hosts is
asked here and by ComputeCapabilitiesFilter (as in Nova; ``validate`` warns of it). Keys without a scope that mean
something else (``group_policy``, ...) are not asked of aggregates; Nova asks them, and no host has them.
Source: nova/scheduler/filters/aggregate_instance_extra_specs.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from novalite.model.extra_spec import AGGREGATE_SCOPE, demand_from_text
from novalite.schedule.ask import OWN_KEYS
from novalite.schedule.filters.metadata import rows_with, shown

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "AggregateInstanceExtraSpecsFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether the flavor asks anything of aggregates."""
    return any(_is_wish(key) for key, _ in request.shape.extra_specs)


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts whose aggregates say all that is asked."""
    found = np.ones(len(table), dtype=np.bool_)
    for key, value in _asked(request):
        found &= _rows(table, key, value)
    return found


def why(table: HostTable, request: Request, row: int) -> str:
    """Return what is asked, and what the host's aggregates say of the same keys."""
    asked = _asked(request)
    wanted = ", ".join(f"{key}={value}" for key, value in asked)
    return f"asked {wanted}; its aggregates say {shown(table, row, {key for key, _ in asked})}"


def _asked(request: Request) -> list[tuple[str, str]]:
    return [(key.removeprefix(AGGREGATE_SCOPE), value) for key, value in request.shape.extra_specs if _is_wish(key)]


def _is_wish(key: str) -> bool:
    return key.startswith(AGGREGATE_SCOPE) or (":" not in key and key not in OWN_KEYS)


def _rows(table: HostTable, key: str, value: str) -> Mask:
    demand = demand_from_text(value)
    return rows_with(
        table, NAME, f"{key}={value}", lambda name, said: name == key and any(demand.matches(one) for one in said)
    )
