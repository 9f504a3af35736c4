# SPDX-License-Identifier: GPL-3.0-or-later
"""isolate_aggregates: aggregates with ``trait:X=required`` are for who asks for X, and nobody else; off by default.

Looked at is what flavor and image require, in any request group. Source: nova/scheduler/request_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from novalite.schedule.prefilters import Context
    from novalite.schedule.request import Shape

NAME = "isolate_aggregates"


def applies(shape: Shape, context: Context) -> bool:
    """Tell whether it is on, and any aggregate isolated from this shape."""
    return context.options.enable_isolated_aggregate_filtering and bool(_others(shape, context))


def transform(shape: Shape, context: Context) -> Shape:
    """Return the shape kept off those aggregates."""
    return attrs.evolve(shape, not_member_of=shape.not_member_of | _others(shape, context))


def why(shape: Shape, context: Context) -> str:
    """Return what it adds."""
    return f"keeps off the isolated aggregates {', '.join(sorted(_others(shape, context)))}"


def _others(shape: Shape, context: Context) -> frozenset[str]:
    """Return the aggregates that require a trait which is not asked for."""
    asked = shape.required.union(*(group.required for group in shape.groups))
    return frozenset(
        aggregate.name
        for aggregate in context.aggregates
        if any(
            key.startswith("trait:") and value == "required" and key.removeprefix("trait:") not in asked
            for key, value in aggregate.metadata.items()
        )
    )
