# SPDX-License-Identifier: GPL-3.0-or-later
"""Several files -> one document. Whatever is declared twice is a problem that shows both places. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.problem import Problem, Where
from novalite.spec import ids
from novalite.spec.sources import Declared, Source, pointer_from_path
from novalite.spec.suggest import escaped, shown
from novalite.spec.yaml_values import Flaw, Values, read_values

if TYPE_CHECKING:
    from collections.abc import Sequence

SECTIONS = frozenset(
    (
        "defaults",
        "flavors",
        "images",
        "keypairs",
        "networks",
        "server_groups",
        "aggregates",
        "scheduler",
        "sharing_providers",
        "pci_aliases",
        "volumes",
        "instances",
    )
)


def declared_from_texts(texts: Sequence[tuple[str, str]]) -> tuple[Declared, list[Problem]]:
    """Return what some files, given as (name, text), declare together, and what cannot be read of them."""
    merging = _Merging(tuple(Source(name, text) for name, text in texts))
    for number, source in enumerate(merging.sources):
        try:
            values = read_values(source.text)
        except Flaw as flaw:
            merging.problems.append(_problem_from_flaw(source.name, flaw))
        else:
            merging.problems += [_problem_from_flaw(source.name, flaw) for flaw in values.flaws]
            merging.add(number, values)
    return Declared(merging.value, merging.sources, merging.origins), merging.problems


def _problem_from_flaw(name: str, flaw: Flaw) -> Problem:
    related = (("first here", Where(name, *flaw.other)),) if flaw.other else ()
    return Problem(
        flaw.id,
        escaped(flaw.message),
        Where(name, flaw.line, flaw.column, flaw.length),
        help=flaw.help,
        related=related,
        pointer=pointer_from_path(flaw.path),
    )


@attrs.define(slots=True)
class _Merging:
    sources: tuple[Source, ...]
    value: dict[str, Any] = attrs.field(factory=dict)
    origins: dict[tuple[str, ...], tuple[int, int, int]] = attrs.field(factory=dict)
    problems: list[Problem] = attrs.field(factory=list)

    def add(self, number: int, values: Values) -> None:
        """Merge one file's values into what the earlier ones said."""
        if values.value is None:
            return
        if not isinstance(values.value, dict):
            message = "a fleet file is a mapping, with keys such as project and instances"
            self.problems.append(Problem(ids.WRONG_TYPE, message, Where(self.sources[number].name)))
            return
        for section, content in values.value.items():
            if section in SECTIONS and (content is None or isinstance(content, dict)):
                self.add_section(number, section, content or {}, values)
            else:
                self.claim((section,), number, values, content)

    def add_section(self, number: int, section: str, content: dict[str, Any], values: Values) -> None:
        target = self.value.setdefault(section, {})
        if not isinstance(target, dict):
            return  # an earlier file gave it a wrong type, which is said already
        self.origins.setdefault((section,), (number, *values.entries.get((section,), (1, 1))))
        if not target:
            # The usual case: nobody spoke of this section before, so nothing can collide.
            self.value[section] = content
            for name in content:
                self.origins[section, name] = (number, *self.place(number, (section, name), values))
            return
        target = self.value[section] = dict(target)
        for name, entry in content.items():
            if self.claim((section, name), number, values):
                target[name] = entry

    def place(self, number: int, path: tuple[str, ...], values: Values) -> tuple[int, int]:
        """Return line and column; of what came through an alias or a merge, where it really stands."""
        place = values.entries.get(path)
        if place is not None:
            return place
        where = self.sources[number].where(path, of_key=True)
        return where.line, where.column

    def claim(self, path: tuple[str, ...], number: int, values: Values, *content: Any) -> bool:
        """Note who declared something first; a problem, and False, when somebody did."""
        line, column = self.place(number, path, values)
        first = self.origins.get(path)
        if first is None:
            self.origins[path] = (number, line, column)
            if content:
                self.value[path[0]] = content[0]
            return True
        label = f'"{shown(path[-1])}" is declared twice' + (f" in {path[0]}" if len(path) > 1 else "")
        where = Where(self.sources[number].name, line, column, len(path[-1]))
        other = Where(self.sources[first[0]].name, first[1], first[2], len(path[-1]))
        problem = Problem(
            ids.DECLARED_TWICE, label, where, pointer=pointer_from_path(path), related=(("first here", other),)
        )
        self.problems.append(problem)
        return False
