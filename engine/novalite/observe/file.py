# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshot <-> novalite.snapshot/1: the file that stands in for the hosts, and that a bug report carries."""

from __future__ import annotations

import gc
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from novalite.errors import SnapshotUnreadable
from novalite.observe.nonsense import NonsenseError
from novalite.observe.parse import check_format, snapshot_from_facts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from novalite.model.snapshot import Snapshot

FORMAT = "novalite.snapshot"
MAJOR = 1


def snapshot_to_json(snapshot: Snapshot) -> str:
    """Return the snapshot as one line of JSON with sorted keys: equal snapshots give equal bytes."""
    document = {
        "format": f"{FORMAT}/{MAJOR}",
        "hosts": {name: host.facts for name, host in snapshot.hosts.items()},
        "unknown": {name: lost.reason for name, lost in snapshot.unknown.items()},
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n"


def snapshot_from_json(text: str | bytes, *, keep_facts: bool = True) -> Snapshot:
    """Return the snapshot that a file's text describes; raises SnapshotUnreadable."""
    with _no_garbage_collection():
        document = _document(text)
        return snapshot_from_facts(document["hosts"], document.get("unknown"), keep_facts=keep_facts)


def load_snapshot(path: Path, *, keep_facts: bool = True) -> Snapshot:
    """Return the snapshot in a file; raises SnapshotUnreadable. Without ``keep_facts`` it cannot be written again."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SnapshotUnreadable(f"{path}: {error.strerror or error}") from error
    try:
        return snapshot_from_json(data, keep_facts=keep_facts)
    except SnapshotUnreadable as error:
        raise SnapshotUnreadable(f"{path}: {error.message}") from error


def dump_snapshot(snapshot: Snapshot, path: Path) -> None:
    """Write the snapshot to a file that only its owner can read: it tells of everything on the hosts."""
    text = snapshot_to_json(snapshot)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(text)


def _document(text: str | bytes) -> dict[str, Any]:
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        if not isinstance(document, dict):
            raise NonsenseError("it is not a JSON object")
        check_format(document.get("format"), FORMAT, MAJOR)
        if not isinstance(document.get("hosts"), dict) or not isinstance(document.get("unknown", {}), dict):
            raise NonsenseError("hosts and unknown are not both mappings")
    except (ValueError, RecursionError) as error:
        raise SnapshotUnreadable(f"not a snapshot: {error}") from error
    return document


def _refuse_constant(text: str) -> None:
    raise NonsenseError(f"{text} is not JSON")


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Loading makes a million objects and no garbage: looking for some would take as long again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
