# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk: which files make a fleet, their texts, and the files that they name. All reading of files is here."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from novalite.problem import Problem, Where
from novalite.spec import ids
from novalite.spec.files import ImageFile, Refusal

if TYPE_CHECKING:
    from io import BufferedReader

    from novalite.spec.cache import Cache

MAX_FILE_BYTES = 16 * 1024 * 1024
_HEAD_BYTES = 512
_CHUNK_BYTES = 1024 * 1024
_OUTSIDE_HELP = "give --allow-outside if that is meant"


def find_fleet_files(path: Path, allow_outside: bool) -> tuple[list[Path], list[Problem]]:
    """Return the files of a fleet in name order: the file itself, or the ``*.yml`` directly in a folder."""
    try:
        if not path.is_dir():
            return [path], []
        names = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        return [], [_unreadable(path, error)]
    files = [path / name for name in names if name.endswith(".yml")]
    problems = [_other_ending(path / name) for name in names if name.endswith(".yaml")]
    if not files:
        problems.insert(0, Problem(ids.UNREADABLE, "no *.yml file in this folder", Where(str(path))))
    if not allow_outside:
        root = real_path(path)
        outside = [file for file in files if not real_path(file).is_relative_to(root)]
        problems += [
            Problem(ids.OUTSIDE, "this link leaves the fleet's folder", Where(str(file)), help=_OUTSIDE_HELP)
            for file in outside
        ]
        files = [file for file in files if file not in outside]
    return files, problems


def real_path(path: Path) -> Path:
    """Return an absolute path without links; a loop of links is left as it is (opening it says so)."""
    return Path(os.path.realpath(path))


def _other_ending(path: Path) -> Problem:
    message = "this file is not read: fleet files end in .yml"
    return Problem(ids.NO_EFFECT, message, Where(str(path)), help="rename it", severity="warning")


def read_fleet_file(path: Path) -> bytes | Problem:
    """Return the bytes of a fleet file."""
    try:
        content = _read_bounded(path)
    except OSError as error:
        return _unreadable(path, error)
    if isinstance(content, Refusal):
        return Problem(content.id, content.message, Where(str(path)), help=content.help)
    return content


def text_from_bytes(name: str, content: bytes) -> str | Problem:
    """Return the text of a fleet file; a Problem where it is not UTF-8."""
    try:
        return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        before = content[content.rfind(b"\n", 0, error.start) + 1 : error.start]
        column = len(before.decode("utf-8", "replace")) + 1
        message = f"not a text file: byte 0x{content[error.start]:02x} is not UTF-8"
        return Problem(ids.BAD_CHARACTER, message, Where(name, line, column))


def _read_bounded(path: Path) -> bytes | Refusal:
    with _open_regular(path) as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        return Refusal(ids.TOO_LARGE, f"larger than {MAX_FILE_BYTES // 1024 // 1024} MiB")
    return content


def _open_regular(path: Path) -> BufferedReader:
    """Open a file, but nothing that could block or answer differently each time."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise OSError(0, "is a folder" if stat.S_ISDIR(mode) else "not a regular file")
    return os.fdopen(handle, "rb")


def _unreadable(path: Path, error: OSError) -> Problem:
    return Problem(ids.UNREADABLE, f"cannot be read: {(error.strerror or str(error)).lower()}", Where(str(path)))


@attrs.frozen
class DiskFiles:
    """Files beside a fleet file; ``root`` is the folder that paths may not leave."""

    root: Path
    allow_outside: bool
    cache: Cache

    def read(self, beside: str, reference: str) -> bytes | Refusal:
        """Return the content of a small file."""
        path = self._path(beside, reference)
        if isinstance(path, Refusal):
            return path
        try:
            return _read_bounded(path)
        except OSError as error:
            return _refusal(reference, error)

    def place(self, beside: str, reference: str) -> str | Refusal:
        """Return the path of a file, without links; whether it is there is not asked."""
        path = self._path(beside, reference)
        return path if isinstance(path, Refusal) else str(path)

    def image(self, beside: str, reference: str) -> ImageFile | Refusal:
        """Return the facts about an image file; its digest is remembered by path, size and time of change."""
        path = self._path(beside, reference)
        if isinstance(path, Refusal):
            return path
        try:
            with _open_regular(path) as file:
                head = file.read(_HEAD_BYTES)
                status = os.fstat(file.fileno())
                known = self.cache.image_digest(str(path), status.st_size, status.st_mtime_ns)
                if known is None:
                    file.seek(0)
                    known = hashlib.file_digest(file, "sha256").hexdigest()
                    self.cache.remember_image(str(path), status.st_size, status.st_mtime_ns, known)
        except OSError as error:
            return _refusal(reference, error)
        return ImageFile(str(path), status.st_size, known, head)

    def _path(self, beside: str, reference: str) -> Path | Refusal:
        path = real_path(Path(beside).parent / reference)
        if self.allow_outside or path.is_relative_to(self.root):
            return path
        return Refusal(ids.OUTSIDE, f'"{reference}" leaves the fleet\'s folder', _OUTSIDE_HELP)


def _refusal(reference: str, error: OSError) -> Refusal:
    return Refusal(ids.UNREADABLE, f'"{reference}" cannot be read: {(error.strerror or str(error)).lower()}')
