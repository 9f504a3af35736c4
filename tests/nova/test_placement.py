# SPDX-License-Identifier: GPL-3.0-or-later
"""Provider trees: the same hosts pass as in the real Placement, with the same candidates, on generated ones."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from nova import trees
from nova.ask import ask_once

from novalite.schedule import filters
from novalite.schedule.providers import candidates
from novalite.schedule.request import Request
from novalite.schedule.table import HostTable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from novalite.schedule.request import Shape

WORLDS, QUERIES = 20, 51
Candidates = dict[str, set[frozenset[tuple[str, str, int]]]]  # host -> what each candidate takes of whom


@attrs.frozen
class Asked:
    """One request in one world, and what both say; ``theirs`` is None where Placement refuses the question."""

    shape: Shape
    theirs: Candidates | None
    ours: Candidates


@pytest.fixture(scope="session")
def asked(common_folder: Path) -> list[Asked]:
    worlds = [trees.trees(seed, QUERIES) for seed in range(WORLDS)]
    questions = {"worlds": [world.to_json() for world in worlds], "traits": trees.TRAITS, "classes": trees.CLASSES}
    answers = ask_once(common_folder, "placement_driver.py", questions)["worlds"]
    return [
        Asked(shape, _theirs(answer), _ours(world, shape))
        for world, said in zip(worlds, answers, strict=True)
        for shape, answer in zip(world.shapes, said, strict=True)
    ]


def _theirs(answer: Any) -> Candidates | None:
    if isinstance(answer, dict):
        return None
    found: Candidates = {}
    for candidate in answer:
        hosts = {name.split("/")[0] for name in candidate if "kvm" in name}
        assert len(hosts) <= 1, candidate
        taken = frozenset(
            (name, resource, amount) for name, amounts in candidate.items() for resource, amount in amounts.items()
        )
        found.setdefault(next(iter(hosts), ""), set()).add(taken)
    return found


def _ours(world: trees.Trees, shape: Shape) -> Candidates:
    table = HostTable(world.hosts, aggregates=world.aggregates, sharing=world.sharing)
    request = Request("vm", shape)
    rules = [rule for rule in filters.applying(table, request) if rule.NAME in filters.PLACEMENT]
    found: Candidates = {}
    for row, host in enumerate(table.hosts):
        if all(rule.mask(table, request)[row] for rule in rules):
            serving = [one for one in world.sharing if any(
                host.name in aggregate.hosts for aggregate in world.aggregates if aggregate.name in one.aggregates
            )]  # fmt: skip
            found[host.name] = {
                frozenset(
                    (_full(name, host.name, serving), resource, amount)
                    for name, amounts in candidate.allocations.items()
                    for resource, amount in amounts.items()
                )
                for candidate in candidates(host, shape, serving)
            }
    return found


def _full(name: str, host: str, serving: list[Any]) -> str:
    return name if name == host or any(name == one.name for one in serving) else f"{host}/{name}"


# ---- known differences ---------------------------------------------------------------------------------------------


def _several_times(shape: Shape) -> bool:
    """Tell whether one class is asked by more than one group."""
    counts = Counter(name for name, _ in shape.resources)
    counts.update(name for group in shape.groups for name, _ in group.resources)
    return max(counts.values()) > 1


def _contradicts(shape: Shape) -> bool:
    """Tell whether a group wants one of some traits and forbids them all."""
    groups = [(shape.any_of, shape.forbidden), *((group.any_of, group.forbidden) for group in shape.groups)]
    return any(wanted & forbidden for any_of, forbidden in groups for wanted in any_of)


def _shares_outside(one: Asked) -> bool:
    """Tell whether aggregates are asked, and the hosts that pass only here use storage that is not in them itself."""
    more = set(one.ours) - set(one.theirs or ())
    shared = [any("nfs" in name for taken in one.ours[host] for name, *_ in taken) for host in more]
    return bool(one.shape.member_of) and set(one.theirs or ()) <= set(one.ours) and all(shared)


# name -> (whether it is this, why it is so)
DIFFERENCES: dict[str, tuple[Callable[[Asked], bool], str]] = {
    "a contradiction": (
        lambda one: one.theirs is None and _contradicts(one.shape),
        "Placement answers 400; here no host passes a group that forbids what it wants",
    ),
    "one class in several groups": (
        lambda one: one.theirs is not None and _several_times(one.shape) and set(one.theirs) <= set(one.ours),
        "Placement holds max_unit against the sum of the groups, and adds amounts of one candidate to another",
    ),
    "aggregates of shared storage": (
        lambda one: one.theirs is not None and _shares_outside(one),
        "Placement wants a sharing provider to be in the aggregates asked itself; here its hosts speak for it",
    ),
}


def agree(one: Asked) -> bool:
    return one.theirs is not None and set(one.theirs) == set(one.ours)


def test_the_same_hosts_pass(asked: list[Asked]) -> None:
    unexplained = [one for one in asked if not agree(one) and not any(when(one) for when, _ in DIFFERENCES.values())]
    assert not unexplained, f"{len(unexplained)}, the first: {unexplained[0]}"


def test_the_candidates_are_the_same(asked: list[Asked]) -> None:
    unexplained = [one for one in asked if agree(one) and one.ours != one.theirs and not _several_times(one.shape)]
    assert not unexplained, f"{len(unexplained)}, the first: {unexplained[0]}"


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_known_difference_is_seen(name: str, asked: list[Asked]) -> None:
    when, _ = DIFFERENCES[name]
    assert any(when(one) and not agree(one) for one in asked)


def test_enough_was_asked(asked: list[Asked], record_property: Callable[[str, object], None]) -> None:
    record_property("measured", f"asked Placement {len(asked)} times")
    assert len(asked) >= 1_000
    some = sum(bool(one.theirs) for one in asked)
    assert 0.25 * len(asked) < some < 0.9 * len(asked)
    assert sum(len(found) > 1 for one in asked for found in one.ours.values()) >= 50
