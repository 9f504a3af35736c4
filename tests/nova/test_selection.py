# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole batches in policy ``nova``: at every step Nova would choose the host that we chose, or an equal one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from nova.batches import OPTIONS
from nova.compare import TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("name", OPTIONS)
def test_nova_would_choose_the_same(name: str, placed_batches: list[Any], answers: dict[str, Any]) -> None:
    (made, decided), steps = next(
        (batch, steps) for batch, steps in zip(placed_batches, answers["batches"], strict=True) if batch[0].name == name
    )
    assert isinstance(steps, list), steps
    assert len(steps) == len(decided) == len(made.requests)
    for (instance, host), step in zip(decided.items(), steps, strict=True):
        weights = step["weights"]
        if host is None:
            assert not weights, f"{instance}: refused, Nova passes {sorted(weights)}"
            continue
        best = max(weights.values())
        assert host in weights, f"{instance}: Nova refuses {host}"
        assert weights[host] >= best - TOLERANCE * max(1.0, abs(best)), f"{instance}: {host}, Nova {step['nova']}"


def test_ties_go_to_the_first_by_name(
    placed_batches: list[Any], answers: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    """Nova keeps the order of its list, which is ours here: nearly always the very same host, not only an equal one."""
    same = total = 0
    for (_, decided), steps in zip(placed_batches, answers["batches"], strict=True):
        for host, step in zip(decided.values(), steps, strict=True):
            same += host == step["nova"]
            total += 1
    record_property("measured", f"asked Nova {total} times, placement by placement")
    assert total >= 500
    assert same >= 0.99 * total
