# SPDX-License-Identifier: GPL-3.0-or-later
"""Where we answer otherwise than Nova on purpose: what the case has, and why. Every row is seen in the generated cases.

A row explains a disagreement only where its condition holds; a row that explains none is stale, and fails the test.
"""

from __future__ import annotations

import json
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


def unreadable_limit(found: Disagreement) -> bool:
    """Tell whether an aggregate says a limit that is no whole number."""
    return any(
        key.startswith("max_") and not value.strip().isdigit()
        for aggregate in found.case.aggregates
        for key, value in aggregate.metadata.items()
    )


def only_a_version(found: Disagreement) -> bool:
    """Tell whether the image asks a version of the hypervisor and nothing else."""
    asked = set(found.case.request.shape.properties)
    return asked == {"img_hv_requested_version"} and found.case.options.image_properties_default_architecture is None


def _queries(found: Disagreement) -> list[Any]:
    return [json.loads(text) for text in found.case.request.shape.hint("query")]


def _lists(query: Any) -> list[list[Any]]:
    """Return all expressions of a query, itself first."""
    if not isinstance(query, list):
        return []
    return [query, *(inner for part in query for inner in _lists(part))]


def _inner_not(query: Any) -> bool:
    return any(part[0] == "not" for part in _lists(query)[1:])


def _comparisons(query: Any) -> list[list[Any]]:
    return [part for part in _lists(query) if part[0] not in ("and", "or", "not")]


def _lonely(query: Any) -> bool:
    return any(len(part) < 3 for part in _comparisons(query))


def _unknown(query: Any) -> bool:
    return any("nope" in str(word) for part in _comparisons(query) for word in part[1:])


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
    Difference(
        "address bits asked in both ways",
        "ComputeCapabilitiesFilter",
        lambda found: (
            {"hw:maxphysaddr_bits", "capabilities:cpu_info:maxphysaddr:bits"} <= set(found.case.request.shape.specs)
        ),
        "Nova writes the one over the other; here both must hold",
    ),
    Difference(
        "an unreadable limit of an aggregate",
        "AggregateNumInstancesFilter|AggregateIoOpsFilter",
        unreadable_limit,
        "Nova ignores what the host's other aggregates say of that key too; here only the unreadable value is left out",
    ),
    Difference(
        "a hypervisor version is the only thing asked",
        "ImagePropertiesFilter",
        only_a_version,
        "Nova does not look at it then; here it counts",
    ),
    Difference(
        "a property is found in another column",
        "ImagePropertiesFilter",
        lambda found: found.case.request.shape.properties.get("img_hv_type") == "xen",
        "Nova holds each property against all three columns of what a host supports; here each against its own",
    ),
    Difference(
        "a query compares a word with a number",
        "JsonFilter",
        nova_raises("TypeError"),
        "Nova ends the whole request; here the comparison is false",
    ),
    Difference(
        "not inside of an expression",
        "JsonFilter",
        lambda found: any(_inner_not(query) for query in _queries(found)),
        "Nova's ``not`` gives a list, which is true inside of and, or, not; here it is the contrary",
    ),
    Difference(
        "a comparison with nothing",
        "JsonFilter",
        lambda found: any(_lonely(query) for query in _queries(found)),
        "Nova calls it false; here it is no query, which matches no host, and ``validate`` says so",
    ),
    Difference(
        "an attribute that no host has",
        "JsonFilter",
        lambda found: any(_unknown(query) for query in _queries(found)),
        "Nova drops it, and compares the rest among itself; here the comparison is false",
    ),
)
