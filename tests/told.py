# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of a case of the corpus, held against the file beside it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from novalite.problem import Problem


def compare_told(problems: Iterable[Problem], case: Path, update: bool) -> None:
    """Assert that exactly these problems, each with its place, stand in the case's ``.expect``; or write them there."""
    told = "".join(
        f"{problem.severity} {problem.id} {os.path.relpath(problem.where.file, case.parent)}:{problem.where.line}"
        f":{problem.where.column} {problem.summary}\n"
        for problem in problems
    )
    expected = case.with_suffix(".expect")
    if update:
        expected.write_text(told, encoding="utf-8")
    assert told
    assert told == expected.read_text(encoding="utf-8")
