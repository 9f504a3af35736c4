# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's own record of what was meant and what came of it, one JSON object a line. Touches files.

Intents reach the disk before the effects they announce. They are written a batch at a time: one fsync for all instances
that are about to be made, not one for each. Nothing is decided from the journal; it is for people and for tests.
"""

from __future__ import annotations

import json
import os

from . import failpoint
from .canonical import canonical_json
from .durable_file import io_failed

MAX_BYTES = 8 * 1024 * 1024


def journal_path(state_dir):
    # type: (str) -> str
    """Return the journal's file; the one before it has the suffix ``.1``."""
    return os.path.join(state_dir, "journal.jsonl")


def write_intents(state_dir, plan, steps, now):
    # type: (str, str, list, str) -> None
    """Record what is about to be done. ``steps`` are (id, action, uuid or name); ``now`` is a time as text."""
    with failpoint.around("journal.intent"):
        _append(state_dir, [_record("intent", plan, step, now) for step in steps])


def write_results(state_dir, plan, steps, now):
    # type: (str, str, list, str) -> None
    """Record what was read back. ``steps`` are (id, action, uuid or name, outcome, error id or None)."""
    with failpoint.around("journal.result"):
        _append(state_dir, [_record("result", plan, step, now) for step in steps])


def _record(kind, plan, step, now):
    # type: (str, str, tuple, str) -> dict
    record = {"kind": kind, "at": now, "plan": plan, "step": step[0], "action": step[1], "of": step[2]}
    if kind == "result":
        record.update({"outcome": step[3], "error": step[4]})
    return record


def _append(state_dir, records):
    # type: (str, list) -> None
    if not records:
        return
    path = journal_path(state_dir)
    data = b"".join(canonical_json(record) + b"\n" for record in records)
    try:
        if os.path.exists(path) and os.path.getsize(path) > MAX_BYTES:
            os.rename(path, path + ".1")
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            while data:
                data = data[os.write(descriptor, data) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise io_failed(path, error) from error


def read_journal(state_dir):
    # type: (str) -> list
    """Return the records of the current file; a last line cut short by a power failure is left out."""
    records = []
    try:
        with open(journal_path(state_dir), "rb") as stream:
            for line in stream:
                try:
                    records.append(json.loads(line.decode("utf-8")))
                except ValueError:
                    continue
    except OSError:
        return []
    return records
