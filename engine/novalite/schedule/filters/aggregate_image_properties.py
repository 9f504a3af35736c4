# SPDX-License-Identifier: GPL-3.0-or-later
"""AggregateImagePropertiesIsolation: what the host's aggregates say of an image property, the image says too.

Only properties that Nova knows are looked at (model/image_property.py), and those only that the image has; with the
option aggregate_image_properties_isolation_namespace, only keys that start with it and the separator. Nova's
documentation speaks of any property; its code looks at those it knows. Nova deprecated the filter in 33.0.
Source: nova/scheduler/filters/aggregate_image_properties_isolation.py. Other than Nova, truth values are compared by
what they mean (there ``true`` differs from ``True``, and false and 0 never conflict).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from novalite.model.image_property import KNOWN, same_value
from novalite.schedule.filters.metadata import rows_with, shown

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "AggregateImagePropertiesIsolation"


def applies(table: HostTable, request: Request) -> bool:
    """Tell whether any aggregate speaks of a property that the image has."""
    asked = {name for name, _ in _asked(table, request)}
    return bool(asked) and any(asked & aggregate.metadata.keys() for aggregate in table.aggregates)


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts whose aggregates say the same as the image, or nothing."""
    found = np.ones(len(table), dtype=np.bool_)
    for name, value in _asked(table, request):
        found &= ~rows_with(table, NAME, name, lambda key, _, name=name: key == name) | _same(table, name, value)  # type: ignore[misc]
    return found


def why(table: HostTable, request: Request, row: int) -> str:
    """Return what the image says, and what the host's aggregates say of the same keys."""
    asked = _asked(table, request)
    wanted = ", ".join(f"{name}={value}" for name, value in asked)
    return f"the image says {wanted}; its aggregates say {shown(table, row, {name for name, _ in asked})}"


def _asked(table: HostTable, request: Request) -> list[tuple[str, str]]:
    namespace = table.options.aggregate_image_properties_isolation_namespace
    prefix = namespace + table.options.aggregate_image_properties_isolation_separator if namespace else ""
    said = request.shape.image_properties
    return [(name, value) for name, value in said if value and name in KNOWN and name.startswith(prefix)]


def _same(table: HostTable, name: str, value: str) -> Mask:
    wanted = same_value(name, value)
    return rows_with(
        table,
        NAME,
        f"{name}={wanted}",
        lambda key, said: key == name and any(same_value(name, one) == wanted for one in said),
    )
