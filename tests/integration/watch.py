# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for texts that must be nowhere: in arguments and environments of processes, and in temporary files."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MOST_BYTES = 4 * 1024 * 1024


def holders(folders: Iterable[Path], canaries: Sequence[bytes]) -> set[str]:
    """Return the files below some folders that hold one of the texts."""
    found = set()
    for folder in folders:
        for path in [folder] if folder.is_file() else folder.rglob("*"):
            with contextlib.suppress(OSError):  # gone meanwhile
                if path.is_file() and not path.is_symlink() and path.stat().st_size < _MOST_BYTES:
                    content = path.read_bytes()
                    found |= {str(path) for canary in canaries if canary in content}
    return found


class Watch:
    """While it is entered: all processes of the machine, and what is below some folders, again and again.

    ``sources``: variables that hold the texts themselves, in our own environment and that of our children. A process
    with a mount namespace of its own is on a host of the lab, and has no right to them.
    """

    def __init__(self, canaries: Sequence[bytes], sources: Sequence[str], folders: Sequence[Path]) -> None:
        self.found: set[str] = set()
        self.rounds = 0
        self._canaries = canaries
        self._sources = tuple(f"{name}=".encode() for name in sources)
        self._folders = folders
        self._ours = os.readlink("/proc/self/ns/mnt")
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(0.03):
            self.rounds += 1
            for process in Path("/proc").iterdir():
                if process.name.isdigit():
                    with contextlib.suppress(OSError):
                        self._look(process)
            self.found |= holders(self._folders, self._canaries)

    def _look(self, process: Path) -> None:
        arguments = (process / "cmdline").read_bytes()
        variables = (process / "environ").read_bytes().split(b"\0")
        if os.readlink(process / "ns" / "mnt") == self._ours:
            variables = [one for one in variables if not one.startswith(self._sources)]
        for canary in self._canaries:
            if canary in arguments:
                self.found.add(f"arguments of {arguments[:80]!r}")
            if any(canary in one for one in variables):
                self.found.add(f"environment of {arguments[:80]!r}")
