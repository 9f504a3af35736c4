# SPDX-License-Identifier: GPL-3.0-or-later
"""require_tenant_aggregate: a project that has aggregates of its own stays within them; off by default.

An aggregate is a project's if a metadata key that begins with ``filter_tenant_id`` has the project as its value. A
project without any goes anywhere, or nowhere where ``placement_aggregate_required_for_tenants``.
Source: nova/scheduler/request_filter.py; other than there the value must stand under such a key, not under any key of
an aggregate that also has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from novalite.schedule.prefilters import Context
    from novalite.schedule.request import Shape

NAME = "require_tenant_aggregate"
KEY = "filter_tenant_id"


def applies(shape: Shape, context: Context) -> bool:
    """Tell whether projects are confined."""
    return context.options.limit_tenants_to_placement_aggregate and bool(shape.project)


def transform(shape: Shape, context: Context) -> Shape:
    """Return the shape confined to the project's aggregates; to an empty set where nothing may be used."""
    own = _own(shape, context)
    if not own and not context.options.placement_aggregate_required_for_tenants:
        return shape
    return attrs.evolve(shape, member_of=(*shape.member_of, own))


def why(shape: Shape, context: Context) -> str:
    """Return what it adds."""
    own = sorted(_own(shape, context))
    if own:
        return f"within the aggregates of project {shape.project}: {', '.join(own)}"
    if context.options.placement_aggregate_required_for_tenants:
        return f"no aggregate is project {shape.project}'s, and one is required"
    return f"no aggregate is project {shape.project}'s: any host"


def _own(shape: Shape, context: Context) -> frozenset[str]:
    return frozenset(
        aggregate.name
        for aggregate in context.aggregates
        if any(key.startswith(KEY) and value == shape.project for key, value in aggregate.metadata.items())
    )
