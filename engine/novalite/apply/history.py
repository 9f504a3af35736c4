# SPDX-License-Identifier: GPL-3.0-or-later
"""Who applied what, when, and how it ended: SQLite on the controller.

For people only: hosts are the truth, correctness never depends on this file. But no intent on disk, no host call: an
apply that could not be written down is not begun.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from novalite.errors import NovaliteError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from novalite.apply.events import Report
    from novalite.model.plan import Plan

_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS applies (
  id INTEGER PRIMARY KEY, began TEXT NOT NULL, ended TEXT, actor TEXT NOT NULL, project TEXT NOT NULL,
  digest TEXT NOT NULL, summary TEXT NOT NULL, outcome TEXT, seconds REAL);
CREATE TABLE IF NOT EXISTS steps (
  apply INTEGER NOT NULL REFERENCES applies (id), step TEXT NOT NULL, wave INTEGER NOT NULL, host TEXT NOT NULL,
  action TEXT NOT NULL, name TEXT NOT NULL, outcome TEXT, error TEXT, seconds REAL, PRIMARY KEY (apply, step));
"""


@attrs.frozen(slots=True)
class Entry:
    """One apply; ``outcome`` is None where nobody wrote how it ended (killed, or still running)."""

    id: int
    began: str
    ended: str | None
    actor: str
    project: str
    digest: str
    summary: Mapping[str, int]
    outcome: str | None
    seconds: float | None


def history_path(environment: Mapping[str, str]) -> Path:
    """Return ``$XDG_STATE_HOME/novalite/history.db``, or the same below ``~/.local/state``."""
    base = environment.get("XDG_STATE_HOME") or str(Path(environment.get("HOME") or "/") / ".local" / "state")
    return Path(base) / "novalite" / "history.db"


class History:
    """One history file; every method opens, does one transaction, and closes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, plan: Plan, digest: str, *, actor: str, now: str, summary: Mapping[str, int]) -> int:
        """Write down what is about to happen, every step; NovaliteError where that is not safely on disk."""
        rows = [
            (step.id, number, step.host, step.action, step.name)
            for number, wave in enumerate(plan.waves)
            for step in wave
        ]
        try:
            with self._open() as database:
                cursor = database.execute(
                    "INSERT INTO applies (began, actor, project, digest, summary) VALUES (?, ?, ?, ?, ?)",
                    (now, actor, plan.project, digest, json.dumps(dict(summary))),
                )
                number = int(cursor.lastrowid or 0)
                database.executemany(
                    "INSERT INTO steps (apply, step, wave, host, action, name) VALUES (?, ?, ?, ?, ?, ?)",
                    [(number, *row) for row in rows],
                )
                return number
        except (OSError, sqlite3.Error) as error:
            raise NovaliteError(
                f"cannot write down what is about to happen, so nothing is begun: {self.path}: {error}",
                proceed=f"make room, move {self.path} away if it is damaged, or set XDG_STATE_HOME to another folder",
            ) from error

    def end(self, number: int, report: Report, *, now: str) -> None:
        """Write down how it ended; sqlite3.Error or OSError where that fails (the work is done all the same)."""
        with self._open() as database:
            database.execute(
                "UPDATE applies SET ended = ?, outcome = ?, seconds = ? WHERE id = ?",
                (now, report.outcome, report.seconds, number),
            )
            database.executemany(
                "UPDATE steps SET outcome = ?, error = ?, seconds = ? WHERE apply = ? AND step = ?",
                [(step.outcome, step.error or None, step.seconds, number, step.id) for step in report.steps],
            )

    def entries(self, limit: int = 20) -> list[Entry]:
        """Return the newest applies first."""
        if not self.path.exists():
            return []
        with self._open() as database:
            rows = database.execute(
                "SELECT id, began, ended, actor, project, digest, summary, outcome, seconds"
                " FROM applies ORDER BY id DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [_entry(row) for row in rows]

    def steps(self, number: int) -> list[dict[str, Any]]:
        """Return the steps of one apply in their order."""
        columns = ("step", "wave", "host", "action", "name", "outcome", "error", "seconds")
        with self._open() as database:
            rows = database.execute(
                f"SELECT {', '.join(columns)} FROM steps WHERE apply = ? ORDER BY wave, step",  # noqa: S608
                (number,),
            ).fetchall()
        return [dict(zip(columns, row, strict=True)) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        # IMMEDIATE: whoever writes waits its turn from the start. A reader that turns writer, and a switch to WAL, are
        # told "locked" at once when somebody else is there, whatever the timeout.
        database = sqlite3.connect(self.path, timeout=30, isolation_level="IMMEDIATE")
        try:
            database.execute("PRAGMA synchronous = FULL")
            version = int(database.execute("PRAGMA user_version").fetchone()[0])
            if version > _VERSION:
                raise sqlite3.DatabaseError(f"written by a newer novalite (format {version})")
            if version < _VERSION:
                database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
            with database:
                yield database
        finally:
            database.close()


def _entry(row: tuple[Any, ...]) -> Entry:
    number, began, ended, actor, project, digest, summary, outcome, seconds = row
    return Entry(number, began, ended, actor, project, digest, json.loads(summary), outcome, seconds)
