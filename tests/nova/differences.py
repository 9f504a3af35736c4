# SPDX-License-Identifier: GPL-3.0-or-later
"""Where we answer otherwise than Nova on purpose: what the case has, and why. Every row is seen in the generated cases.

A row explains a disagreement only where its condition holds; a row that explains none is stale, and fails the test.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

    from nova.compare import Disagreement


@attrs.frozen
class Difference:
    """``rules``: a pattern of the names that it is about."""

    name: str
    rules: str
    when: Callable[[Disagreement], bool]
    reason: str

    def explains(self, found: Disagreement) -> bool:
        """Tell whether a disagreement is this difference."""
        return re.fullmatch(self.rules, found.rule) is not None and self.when(found)


def nova_raises(*errors: str) -> Callable[[Disagreement], bool]:
    """Return the condition that Nova ended the request with one of these exceptions, and we did not."""

    def check(found: Disagreement) -> bool:
        return _error(found.nova) in errors and _error(found.ours) is None

    return check


def _error(answer: Any) -> str | None:
    return answer.get("error") if isinstance(answer, dict) else None


def unreadable(found: Disagreement) -> bool:
    """Tell whether an aggregate says a multiplier that is no number."""
    return any(
        key.endswith("weight_multiplier") and not _is_number(value)
        for aggregate in found.case.aggregates
        for key, value in aggregate.metadata.items()
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def switched_off(found: Disagreement) -> bool:
    """Tell whether the option that multiplies the weigher is 0: it counts for nothing on either side."""
    return found.case.options.image_props_weight_multiplier == 0.0


DIFFERENCES = (
    Difference(
        "a required metric is missing",
        "MetricsWeigher",
        nova_raises("ComputeHostMetricNotFound"),
        "Nova ends the whole request; here such a host is the last",
    ),
    Difference(
        "an unreadable multiplier of an aggregate",
        ".*Weigher",
        unreadable,
        "Nova ignores what the host's other aggregates say of that key too; here only the unreadable value is left out",
    ),
    Difference(
        "images are compared though the multiplier is 0",
        "ImagePropertiesWeigher",
        switched_off,
        "Nova saves itself the look at its database; the product is 0 on both sides",
    ),
    Difference(
        "a word compared with a number",
        "AggregateInstanceExtraSpecsFilter|ComputeCapabilitiesFilter",
        nova_raises("ValueError"),
        "Nova ends the whole request; here the value does not match",
    ),
)
