# SPDX-License-Identifier: GPL-3.0-or-later
"""Drafts -> numbered steps in waves: a barrier only where a host must wait for another, or a set for a member. Pure."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from novalite.model.natural import natural_key
from novalite.model.plan import Step
from novalite.shared import step_kinds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.plan.draft import Draft, Token


def order(drafts: Sequence[Draft]) -> tuple[tuple[Step, ...], ...]:
    """Return the waves; ids grow with wave, host and the order in which the host works."""
    needs = _needs(drafts)
    waves, depths = _places(drafts, needs, _barriers(drafts))
    turn = sorted(
        range(len(drafts)),
        key=lambda index: (
            waves[index],
            natural_key(drafts[index].host),
            _rank(drafts[index]),
            depths[index],
            natural_key(drafts[index].name),
        ),
    )
    width = max(4, len(str(len(drafts))))
    ids = {index: f"s{place:0{width}d}" for place, index in enumerate(turn, start=1)}
    found: list[list[Step]] = [[] for _ in range(max(waves, default=-1) + 1)]
    for index in turn:
        draft = drafts[index]
        before = tuple(sorted(ids[other] for other in needs[index]))
        found[waves[index]].append(Step(ids[index], draft.host, draft.action, draft.name, draft.body, before))
    return tuple(tuple(wave) for wave in found)


def _places(
    drafts: Sequence[Draft], needs: dict[int, list[int]], barriers: dict[int, list[int]]
) -> tuple[list[int], list[int]]:
    """Return the wave of each draft, and how many it stands behind. Numbers above those of drafts are barriers: few
    edges, where all of a wave would wait for all of the one before.
    """
    count = len(drafts)
    edges = {index: needs.get(index, []) + barriers.get(index, []) for index in needs.keys() | barriers.keys()}
    waves, depths = [0] * (count + len(barriers)), [0] * (count + len(barriers))
    for index in TopologicalSorter(edges).static_order():
        for other in edges[index]:
            if index >= count:
                step = 1
            elif other >= count:
                step = 0
            else:
                behind = drafts[other].host == drafts[index].host and _rank(drafts[other]) <= _rank(drafts[index])
                step = 0 if behind else 1
            waves[index] = max(waves[index], waves[other] + step)
            depths[index] = max(depths[index], depths[other] + 1)
    return waves[:count], depths[:count]


def _rank(draft: Draft) -> int:
    return step_kinds.RANKS[draft.action]


def _needs(drafts: Sequence[Draft]) -> dict[int, list[int]]:
    """Return for each draft those that free what it takes."""
    freed: dict[Token, int] = {token: index for index, draft in enumerate(drafts) for token in draft.frees}
    found: dict[int, list[int]] = {}
    for index, draft in enumerate(drafts):
        others = {freed[token] for token in draft.takes if token in freed} if freed else set()
        found[index] = sorted(others - {index})
    return found


def _barriers(drafts: Sequence[Draft]) -> dict[int, list[int]]:
    """Return the drafts that each barrier waits for, and the barriers that drafts wait for. Barriers are numbered
    behind the drafts.
    """
    closed: dict[Token, list[int]] = {}
    for index, draft in enumerate(drafts):
        for token in draft.closes:
            closed.setdefault(token, []).append(index)
    numbers = {token: len(drafts) + place for place, token in enumerate(closed)}
    found = {numbers[token]: closing for token, closing in closed.items()}
    for index, draft in enumerate(drafts):
        waited = [numbers[token] for token in draft.awaits if token in numbers]
        if waited:
            found[index] = sorted(waited)
    return found
