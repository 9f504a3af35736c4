# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a fleet says something, for those who find only on the hosts that it is wrong. Reads texts when asked. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.problem import Where

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.spec.sources import Source
    from novalite.spec.yaml_places import Node

_READ = 1_000_000  # characters: of more, places are not worth the time and the memory that reading once more takes


@attrs.frozen(slots=True, eq=False)
class Places:
    """The texts of a fleet. Nothing is read before somebody asks."""

    sources: tuple[Source, ...]

    def __call__(self, *path: str) -> Where | None:
        """Return the place of a key, in whichever file it stands; None where it stands in none."""
        from novalite.spec.yaml_places import find_place, read_places

        for source in self.sources:
            if not source.was_read:
                source.tree, source.was_read = read_places(source.text), True
            if _is_there(source.tree, path):
                return Where(source.name, *find_place(source.tree, path, of_key=True))
        return None


def places_of(sources: Iterable[Source]) -> Places:
    """Return the places of these texts; of very many, none."""
    held = tuple(sources)
    return Places(held if sum(len(source.text) for source in held) <= _READ else ())


def _is_there(root: Node | None, path: tuple[str, ...]) -> bool:
    node = root
    for step in path:
        found = node.children.get(step) if node is not None else None
        if found is None:
            return False
        node = found[1]
    return node is not None
