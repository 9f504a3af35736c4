# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a seed, and where that stands: in the fleet, or in a file that the fleet names. Pure."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Protocol

import attrs

from novalite.problem import Problem, Where
from novalite.spec import ids
from novalite.spec.suggest import escaped

if TYPE_CHECKING:
    from novalite.spec.context import Context
    from novalite.spec.sources import Path

WARNING = "warning"
_BLOCK = re.compile(r"(?:[&!]\S+\s+)*\|([1-9]?)")


@attrs.frozen(slots=True)
class Finding:
    """One thing that is wrong: of a mapping at a path, of a text at a line and column (from 1; 0: the whole)."""

    id: str
    summary: str
    path: Path = ()
    line: int = 0
    column: int = 1
    of_key: bool = False
    help: str = ""
    severity: str = "error"


def wrong(path: Path, summary: str, help_text: str = "", problem_id: str = ids.CLOUD_CONFIG_SHAPE) -> Finding:
    """Return an error at a path."""
    return Finding(problem_id, summary, path, help=help_text)


def risky(path: Path, summary: str, help_text: str = "", problem_id: str = ids.CLOUD_CONFIG_TRAP) -> Finding:
    """Return a warning at a path."""
    return Finding(problem_id, summary, path, help=help_text, severity=WARNING)


class Origin(Protocol):
    """Where a content came from."""

    def tell(self, context: Context, finding: Finding) -> None:
        """Note a finding at its place."""


@attrs.frozen(slots=True)
class MappingOrigin:
    """A mapping of the fleet."""

    base: Path

    def tell(self, context: Context, finding: Finding) -> None:
        """Note a finding at the value (or key) it is about."""
        path = (*self.base, *finding.path)
        inside = f" (line {finding.line} of it)" if finding.line and not finding.path else ""
        more = {"help": finding.help, "severity": finding.severity, "of_key": finding.of_key}
        context.add(finding.id, finding.summary + inside, path, **more)


@attrs.frozen(slots=True)
class TextOrigin:
    """A text of the fleet."""

    base: Path

    def tell(self, context: Context, finding: Finding) -> None:
        """Note a finding at its line where the text is written as a block, else at the text."""
        problem = context.declared.problem(
            finding.id, finding.summary, self.base, help=finding.help, severity=finding.severity
        )
        if finding.line and problem.where is not None:
            text = context.declared.source(self.base).text
            inside = _in_block(text, problem.where, finding)
            if inside is None:
                problem = attrs.evolve(problem, summary=f"{problem.summary} (line {finding.line} of the text)")
            else:
                problem = attrs.evolve(problem, where=inside)
        context.problems.append(problem)


@attrs.frozen(slots=True)
class FileOrigin:
    """A file that the fleet names at ``base``."""

    base: Path
    reference: str

    def tell(self, context: Context, finding: Finding) -> None:
        """Note a finding at its line of the file, and who names the file."""
        beside = context.declared.source(self.base).name
        name = posixpath.normpath(posixpath.join(posixpath.dirname(beside), self.reference))
        where = Where(name, max(finding.line, 1), finding.column)
        named = (("named here", context.declared.where(self.base)),)
        context.problems.append(
            Problem(
                finding.id,
                escaped(finding.summary),
                where,
                help=finding.help,
                severity=finding.severity,
                related=named,
            )
        )


def _in_block(text: str, where: Where, finding: Finding) -> Where | None:
    """Return the place of a line of a literal block (``|``) that starts at a place; None for other styles."""
    lines = text.splitlines()
    header = _BLOCK.match(lines[where.line - 1][where.column - 1 :]) if where.line <= len(lines) else None
    if header is None:
        return None
    number = min(where.line + finding.line, len(lines))
    filled = next((line for line in lines[where.line :] if line.strip()), "")
    indent = len(filled) - len(filled.lstrip(" "))
    return Where(where.file, number, indent + finding.column)
