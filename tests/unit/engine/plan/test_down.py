# SPDX-License-Identifier: GPL-3.0-or-later
"""--max-down: what counts as taken down, and what is said where it is too much."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from builders import make_facts, make_fleet, make_instance, make_present, make_snapshot
from novalite.plan.build import reconcile
from novalite.plan.problems import TOO_MANY_DOWN

WEB = [make_instance(f"web-{number}") for number in range(12)]

# what each instance of a fleet is now and shall be (None: no longer declared) -> how many count
ROWS: dict[str, tuple[list[tuple[str, str | None]], int]] = {
    "nothing": ([("running", "running")], 0),
    "stopped": ([("running", "shutoff")], 1),
    "paused and suspended": ([("running", "paused"), ("running", "suspended")], 2),
    "deleted": ([("running", None), ("running", "running")], 1),
    "off already": ([("shutoff", None), ("shutoff", "shutoff"), ("crashed", "shutoff"), ("paused", None)], 0),
    "brought up": ([("shutoff", "running"), ("paused", "running"), ("suspended", "running")], 0),
    "some of each": ([("running", "shutoff"), ("running", None), ("shutoff", None), ("running", "running")], 2),
}


def plan_of(row: list[tuple[str, str | None]], limit: int | None) -> Any:
    pairs = list(zip(WEB, row, strict=False))
    present = [make_present(item, power=now) for item, (now, _) in pairs]
    wanted = [attrs.evolve(item, power=power) for item, (_, power) in pairs if power is not None]
    new = make_instance("new")  # what is created never ran
    return reconcile(make_fleet(*wanted, new), make_snapshot(make_facts("kvm-1", *present)), max_down=limit)


@pytest.mark.parametrize("name", ROWS)
def test_what_counts(name: str) -> None:
    """The limit is inclusive, and without one nothing is counted."""
    row, count = ROWS[name]
    assert not plan_of(row, None).is_errored
    assert not plan_of(row, count).is_errored
    if count:
        (problem,) = plan_of(row, count - 1).problems
        assert (problem.id, problem.help) == (TOO_MANY_DOWN, f"if that is the wish: --max-down {count}")


def test_the_names_are_told() -> None:
    """In the order that people count in."""
    (problem,) = plan_of([("running", "shutoff")] * 12, 3).problems
    assert problem.summary == "12 running instances would be taken down, --max-down allows 3"
    assert problem.detail == ", ".join(f"web-{number}" for number in range(12))
