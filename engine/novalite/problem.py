# SPDX-License-Identifier: GPL-3.0-or-later
"""A problem is a value: collected, sorted and shown together, never raised one by one."""

from __future__ import annotations

import attrs


@attrs.frozen(order=True)
class Where:
    """A place in a file the user wrote: 1-based line and column, and the width of what to underline."""

    file: str
    line: int = 1
    column: int = 1
    length: int = 1


@attrs.frozen
class Problem:
    """One thing that is wrong: ``id`` as in ``novalite explain NV0102``, what, why, where, and what to do."""

    id: str
    summary: str
    where: Where | None = None
    detail: str = ""
    help: str = ""
    severity: str = "error"  # or "warning"
    pointer: str = ""  # JSON pointer into the document, for programs
    related: tuple[tuple[str, Where], ...] = ()  # (label, place): the other end of a contradiction
    snippet: tuple[tuple[int, str], ...] = ()  # (number, text) of the lines around ``where``, for people
