# SPDX-License-Identifier: GPL-3.0-or-later
"""What was read and found valid before, by content: a large fleet is parsed once. Reads and writes files.

An entry is JSON, so that nothing in it can run; a broken or foreign one counts as none. Everything in a key that could
change the answer: the bytes and names of the files, novalite's version, the schema.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_FORMAT = 2
_KEPT = 32  # entries; the oldest go first


@attrs.frozen
class Cache:
    """A folder of entries, or nothing at all (``root`` None)."""

    root: Path | None

    def get(self, kind: str, key: str) -> Any:
        """Return what was stored, or None."""
        if self.root is None:
            return None
        path = self.root / kind / key
        try:
            status = path.stat()
            if status.st_uid != os.geteuid():
                return None  # somebody else could have written what we would believe
            entry = json.loads(path.read_bytes())
            return entry["value"] if entry["format"] == _FORMAT and entry["key"] == key else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def put(self, kind: str, key: str, value: Any) -> None:
        """Store a JSON value; a full or read-only disk is no reason to fail."""
        if self.root is None:
            return
        folder = self.root / kind
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            text = json.dumps(
                {"format": _FORMAT, "key": key, "value": value}, ensure_ascii=False, separators=(",", ":")
            )
            handle, name = tempfile.mkstemp(prefix=".", dir=folder)  # 0600
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8"))
            (folder / name).replace(folder / key)
            self._forget(folder)
        except (OSError, ValueError):
            return

    def _forget(self, folder: Path) -> None:
        entries = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in entries[_KEPT:]:
            path.unlink(missing_ok=True)

    def image_digest(self, path: str, size: int, mtime_ns: int) -> str | None:
        """Return the SHA-256 of a file that was not touched since it was remembered."""
        value = self.get("images", _image_key(path, size, mtime_ns))
        return value if isinstance(value, str) else None

    def remember_image(self, path: str, size: int, mtime_ns: int, sha256: str) -> None:
        """Remember the SHA-256 of a file as it is now."""
        self.put("images", _image_key(path, size, mtime_ns), sha256)


def _image_key(path: str, size: int, mtime_ns: int) -> str:
    return hashlib.sha256(f"{path}\0{size}\0{mtime_ns}".encode("utf-8", "surrogateescape")).hexdigest()


def fleet_key(version: str, schema: str, files: Iterable[tuple[str, bytes]]) -> str:
    """Return the key of what some files, given as (name, content), mean to this version."""
    digest = hashlib.sha256()
    for part in (version, schema):
        digest.update(part.encode() + b"\0")
    for name, content in files:
        digest.update(f"{len(name)} {len(content)} {name}".encode("utf-8", "surrogateescape") + b"\0" + content)
    return digest.hexdigest()
