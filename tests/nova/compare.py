# SPDX-License-Identifier: GPL-3.0-or-later
"""Our answers in the form of the driver's, and where the two disagree."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from novalite.schedule import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nova.case import Case

TOLERANCE = 1e-9  # relative; of the order in which sums are made


@attrs.frozen
class Disagreement:
    """One rule on one case; ``nova`` may be {"error": ...}."""

    rule: str
    case: Case
    nova: Any
    ours: Any

    def __str__(self) -> str:
        shape = self.case.request.shape
        asked = {"specs": shape.specs, "properties": shape.properties, "hints": shape.hints, "flavor": shape.flavor}
        return (
            f"{self.rule}: Nova {self.nova}, ours {self.ours}\n  asked {asked}, {self.case.request.group}\n"
            f"  {self.case.to_json()['options']}\n  {self.case.aggregates}\n  "
            + "\n  ".join(str(host) for host in self.case.hosts)
        )


def disagreements(case: Case, theirs: dict[str, Any]) -> Iterator[Disagreement]:
    """Yield every rule of the case that the two answer differently."""
    for name in case.filters:
        ours = attempt(lambda name=name: filter_answer(name, case))
        if ours != theirs["filters"][name]:
            yield Disagreement(name, case, theirs["filters"][name], ours)
    for name in case.weighers:
        ours = attempt(lambda name=name: weigher_answer(name, case))
        if not same_weights(ours, theirs["weighers"][name]):
            yield Disagreement(name, case, theirs["weighers"][name], ours)


def attempt(answer: Any) -> Any:
    """Return the answer, or in its place the name of what it raised."""
    try:
        return answer()
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}


def filter_answer(name: str, case: Case) -> list[bool]:
    """Return what a filter says of each host."""
    facts: dict[str, Any] = {"options": case.options, "aggregates": case.aggregates, "members": case.members}
    return named.filter_hosts(name, case.hosts, case.request, **facts)


def weigher_answer(name: str, case: Case) -> dict[str, list[float]]:
    """Return what a weigher says of each host."""
    facts: dict[str, Any] = {"options": case.options, "aggregates": case.aggregates, "members": case.members}
    said = named.weigh_hosts(name, case.hosts, case.request, **facts)
    return {part: [getattr(verdict, part) for verdict in said] for part in ("raw", "normalised", "multiplier")}


def same_weights(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Tell whether all numbers are equal but for rounding."""
    if "error" in ours or "error" in theirs:
        return ours.get("error") == theirs.get("error")
    return all(
        len(ours[part]) == len(theirs[part])
        and all(
            math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
            for one, other in zip(ours[part], theirs[part], strict=True)
        )
        for part in ("raw", "normalised", "multiplier")
    )
