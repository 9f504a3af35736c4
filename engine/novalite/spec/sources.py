# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts of a fleet, and where in them something stands. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.problem import Problem, Where
from novalite.spec.suggest import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.spec.yaml_places import Node

Path = tuple[str | int, ...]


@attrs.define(slots=True)
class Source:
    """One file: its name as shown to people, its text, and (when asked) the places in it."""

    name: str
    text: str
    tree: Node | None = None
    was_read: bool = False

    def where(self, path: Sequence[str | int], of_key: bool = False) -> Where:
        """Return the place of a value, or of its key."""
        from novalite.spec.yaml_places import find_place, read_places

        if not path:
            return Where(self.name)
        if not self.was_read:
            self.tree, self.was_read = read_places(self.text), True
        line, column, length = find_place(self.tree, path, of_key)
        return Where(self.name, line, column, length)


@attrs.define(slots=True)
class Declared:
    """What all files say together. ``origins`` holds file number, line and column of sections and of names in them."""

    value: dict[str, Any]
    sources: tuple[Source, ...]
    origins: dict[tuple[str, ...], tuple[int, int, int]]
    names: dict[str, frozenset[str]] | None = None  # what was declared before pruning (prune.py)
    dropped: frozenset[tuple[str, ...]] = frozenset()

    def source(self, path: Sequence[str | int]) -> Source:
        """Return the file that a path was declared in."""
        origin = self.origins.get(tuple(map(str, path[:2]))) or self.origins.get(tuple(map(str, path[:1]))) or (0, 1, 1)
        return self.sources[origin[0]]

    def where(self, path: Sequence[str | int], of_key: bool = False) -> Where:
        """Return the place of a value, or of its key."""
        return self.source(path).where(path, of_key)

    def entry(self, section: str, name: str) -> Where:
        """Return the place of a name in a section, without reading any text again."""
        origin = self.origins.get((section, name))
        if origin is None:
            return self.where((section, name), of_key=True)
        return Where(self.sources[origin[0]].name, origin[1], origin[2], len(name))

    def problem(self, problem_id: str, summary: str, path: Sequence[str | int], **more: Any) -> Problem:
        """Return a problem with the value at a path (``of_key=True``: with its key)."""
        where = self.where(path, more.pop("of_key", False))
        return Problem(problem_id, escaped(summary), where, pointer=pointer_from_path(path), **more)


def pointer_from_path(path: Sequence[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
