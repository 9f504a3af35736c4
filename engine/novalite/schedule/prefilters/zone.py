# SPDX-License-Identifier: GPL-3.0-or-later
"""map_az_to_placement_aggregate: the zone that is asked for.

In Nova it turns a zone into its aggregates, for Placement. Here a zone is also what a host says of itself, so the shape
keeps its zone, and AvailabilityZoneFilter compares it with each host's. Source: nova/scheduler/request_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from novalite.schedule.prefilters import Context
    from novalite.schedule.request import Shape

NAME = "map_az_to_placement_aggregate"


def applies(shape: Shape, context: Context) -> bool:  # noqa: ARG001
    """Tell whether a zone is asked for."""
    return shape.zone is not None


def transform(shape: Shape, context: Context) -> Shape:  # noqa: ARG001
    """Return the shape as it is."""
    return shape


def why(shape: Shape, context: Context) -> str:  # noqa: ARG001
    """Return what it adds."""
    return f"zone {shape.zone}, see AvailabilityZoneFilter"
