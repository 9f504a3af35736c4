# SPDX-License-Identifier: GPL-3.0-or-later
"""What the building of every noun shares: the document, the files it names, and the problems found. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.shared import units
from novalite.spec import ids
from novalite.spec.files import ImageFile, Refusal
from novalite.spec.suggest import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from novalite.model.secret import Secret
    from novalite.problem import Problem
    from novalite.spec.files import Files
    from novalite.spec.sources import Declared, Path


_DAY_S = 86_400


@attrs.define(slots=True)
class Context:
    """``problems`` only ever grows; a noun that has one is left out, and nobody complains of it a second time."""

    declared: Declared
    files: Files
    problems: list[Problem] = attrs.field(factory=list)
    secrets: dict[str, Secret] = attrs.field(factory=dict)  # token -> what it stands for
    virtual_gib: dict[str, int] = attrs.field(factory=dict)  # image -> size of the disk inside
    unreadable: set[tuple[str, str]] = attrs.field(
        factory=set
    )  # (section, name) with an impossible extra spec, property

    def section(self, name: str) -> dict[str, Any]:
        """Return what a section holds; nothing where it was not written."""
        return self.declared.value.get(name) or {}

    def is_declared(self, section: str, name: str) -> bool:
        """Tell whether a name was declared, be it with a problem of its own."""
        if (section,) in self.declared.dropped:
            return True  # who knows
        known = self.section(section) if self.declared.names is None else self.declared.names.get(section, ())
        return name in known

    def was_dropped(self, *path: str) -> bool:
        """Tell whether something was there and was refused before, be it for its spelling."""
        if path in self.declared.dropped:
            return True
        beside = [other[-1] for other in self.declared.dropped if other[:-1] == path[:-1]]
        return bool(beside) and bool(did_you_mean(path[-1], beside))

    def entries(self, section: str) -> Iterator[tuple[str, Any, Path]]:
        """Yield name, content and path of everything in a section."""
        for name, entry in self.section(section).items():
            yield name, entry, (section, name)

    def add(self, problem_id: str, summary: str, path: Path, **more: Any) -> None:
        """Note a problem with the value (``of_key=True``: the key) at a path."""
        self.problems.append(self.declared.problem(problem_id, summary, path, **more))

    def has_problem_since(self, count: int) -> bool:
        """Tell whether an error came since there were ``count`` problems."""
        return any(problem.severity == "error" for problem in self.problems[count:])

    def check_reference(self, section: str, name: str, path: Path) -> None:
        """Note that a name refers to nothing; what has a problem of its own is something."""
        if self.is_declared(section, name):
            return
        names = list(self.section(section) if self.declared.names is None else self.declared.names.get(section, ()))
        kind = section[:-1].replace("_", " ")
        near = did_you_mean(name, names)
        help_text = "" if near else f"declared: {', '.join(sorted(names)[:10]) or 'none'}"
        self.add(ids.DANGLING, f'no {kind} is called "{shown(name)}"{near}', path, help=help_text)

    def mib(self, text: str, path: Path, least: int, most: int) -> int:
        """Return the MiB of a quantity between two limits."""
        mib = units.mib_from_text(text)
        if not least <= mib <= most:
            allowed = f"{units.text_from_mib(least)} to {units.text_from_mib(most)}"
            self.add(ids.BAD_QUANTITY, f"{text} is not possible here: {allowed}", path)
        return mib

    def gib(self, text: str, path: Path, least: int, most: int) -> int:
        """Return the GiB of a quantity between two limits, which must be whole."""
        mib = self.mib(text, path, least * 1024, most * 1024)
        if mib % 1024:
            self.add(ids.BAD_QUANTITY, f"{text} is not a whole number of GiB", path, help="disks are counted in GiB")
        return mib // 1024

    def seconds(self, text: str, path: Path) -> int:
        """Return the seconds that a text such as ``60s`` means; a problem where that is more than a day."""
        seconds = int(text.removesuffix("s"))
        if seconds > _DAY_S:
            self.add(ids.BAD_QUANTITY, f"{text} is not possible here: 0s to {_DAY_S}s", path)
        return seconds

    def file(self, reference: str, path: Path) -> bytes | None:
        """Return the content of a file named at a path."""
        content = self.files.read(self.declared.source(path).name, reference)
        return None if self._refused(content, path) else content  # type: ignore[return-value]

    def image_file(self, reference: str, path: Path) -> ImageFile | None:
        """Return the facts about an image file named at a path."""
        facts = self.files.image(self.declared.source(path).name, reference)
        return None if self._refused(facts, path) else facts  # type: ignore[return-value]

    def _refused(self, answer: object, path: Path) -> bool:
        if isinstance(answer, Refusal):
            self.add(answer.id, answer.message, path, help=answer.help)
            return True
        return False
