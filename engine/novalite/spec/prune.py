# SPDX-License-Identifier: GPL-3.0-or-later
"""A document with what the schema refuses taken out, so that the rest can still be looked at in the same run. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.spec import ids

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.problem import Problem
    from novalite.spec.sources import Declared

_WITH_OPTIONAL_FIELDS = ("instances", "defaults")
_LEAVES_THE_REST = (ids.UNKNOWN_KEY, ids.NOT_YET)
# For a document without a usable project: nothing that is built under it ever leaves this package.
_ANY_PROJECT = "project"


def pruned(declared: Declared, problems: Iterable[Problem]) -> Declared:
    """Return the document without the places of some problems; their paths are its ``dropped``."""
    value = {key: dict(content) if isinstance(content, dict) else content for key, content in declared.value.items()}
    dropped: set[tuple[str, ...]] = set()
    for problem in problems:
        path = _path_from_pointer(problem.pointer)
        if path and problem.severity == "error":
            dropped.add(_drop(value, path, problem.id))
    value.setdefault("project", _ANY_PROJECT)
    return attrs.evolve(declared, value=value, names=_names(declared.value), dropped=frozenset(dropped))


def _names(value: dict[str, Any]) -> dict[str, frozenset[str]]:
    return {section: frozenset(content) for section, content in value.items() if isinstance(content, dict)}


def _drop(value: dict[str, Any], path: tuple[str, ...], problem_id: str) -> tuple[str, ...]:
    """Take out the smallest thing that makes the rest readable; return its path."""
    section = path[0]
    if section in ("defaults", "project", "novalite", "scheduler"):
        depth = min(len(path), 2)
    elif section in _WITH_OPTIONAL_FIELDS or problem_id in _LEAVES_THE_REST:
        depth = min(len(path), 3)
    else:
        depth = min(len(path), 2)
    holder = value
    for step in path[: depth - 1]:
        inner = holder.get(step)
        if isinstance(inner, list):
            holder.pop(step)  # a list is taken out whole: without one item the others would have other places
            return path[: path.index(step) + 1]
        if not isinstance(inner, dict):
            return path[:depth]
        holder[step] = holder = dict(inner)
    holder.pop(path[depth - 1], None)
    return path[:depth]


def _path_from_pointer(pointer: str) -> tuple[str, ...]:
    steps = pointer.split("/")[1:]
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)
