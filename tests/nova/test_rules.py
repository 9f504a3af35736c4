# SPDX-License-Identifier: GPL-3.0-or-later
"""Every filter and weigher of ours against Nova's own, on generated hosts and requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from nova import themes
from nova.compare import disagreements
from nova.differences import DIFFERENCES, Difference

from novalite.schedule import named

if TYPE_CHECKING:
    from collections.abc import Callable

    from nova.case import Case
    from nova.compare import Disagreement

# Held against Nova elsewhere: guest topologies have questions of their own (test_hardware.py).
ELSEWHERE = {"NUMATopologyFilter"}


def found(theme: str, cases: list[Case], answers: dict[str, Any]) -> list[Disagreement]:
    return [
        disagreement
        for case, theirs in zip(cases, answers["singles"], strict=True)
        if case.theme == theme
        for disagreement in disagreements(case, theirs)
    ]


@pytest.mark.parametrize("theme", themes.THEMES)
def test_answers_are_nova_s_or_a_known_difference(theme: str, cases: list[Case], answers: dict[str, Any]) -> None:
    unexplained = [one for one in found(theme, cases, answers) if not any(row.explains(one) for row in DIFFERENCES)]
    assert not unexplained, f"{len(unexplained)} disagreements, the first:\n{unexplained[0]}"


@pytest.mark.parametrize("row", DIFFERENCES, ids=lambda row: row.name)
def test_a_known_difference_is_seen(row: Difference, cases: list[Case], answers: dict[str, Any]) -> None:
    assert any(row.explains(one) for theme in themes.THEMES for one in found(theme, cases, answers))


def test_enough_was_asked(
    cases: list[Case], answers: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    record_property("measured", f"asked Nova {len(cases)} times, rule by rule")
    assert len(answers["singles"]) == len(cases) >= 2_000
    assert not [answer for answer in answers["singles"] if "error" in answer]


def test_every_rule_of_nova_is_ours_and_was_asked(answers: dict[str, Any]) -> None:
    asked = ({name for _, rules, _ in themes.THEMES.values() for name in rules}, named.FILTERS)
    weighed = ({name for *_, rules in themes.THEMES.values() for name in rules}, named.WEIGHERS)
    for known, (themed, ours) in ((answers["filters"], asked), (answers["weighers"], weighed)):
        assert set(known) - set(ours) == set()
        assert set(known) - themed - ELSEWHERE == set()


def test_half_of_the_answers_are_not_trivial(answers: dict[str, Any]) -> None:
    """A filter that passes everything would agree with one that does nothing: most are seen to pass and to refuse."""
    for name in sorted({name for _, rules, _ in themes.THEMES.values() for name in rules} - {"AllHostsFilter"}):
        said = [one["filters"].get(name) for one in answers["singles"]]
        verdicts = [verdict for answer in said if isinstance(answer, list) for verdict in answer]
        share = sum(verdicts) / len(verdicts)
        assert 0.05 < share < 0.97, f"{name} passes {share:.0%}"
