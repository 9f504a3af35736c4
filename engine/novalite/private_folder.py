# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder for one run, 0700, gone afterwards; what a killed run left behind goes at a later one. Touches files."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "novalite-"
_OLD_S = 24 * 3600


@contextlib.contextmanager
def private_folder(kind: str) -> Iterator[Path]:
    """Make a folder (0700) that is gone afterwards; remove those that a killed run of ours left behind a day ago."""
    _sweep(Path(tempfile.gettempdir()))
    # A terminal that hangs up or a Ctrl-C in between raises, and the folder goes all the same.
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{kind}-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # "somebody works in here", until the process ends
            yield folder
        finally:
            os.close(descriptor)


def _sweep(top: Path) -> None:
    """Remove our own folders that are older than a day and that no process works in."""
    for folder in top.glob(f"{PREFIX}*-*"):
        with contextlib.suppress(OSError):  # somebody else's, in use, or gone meanwhile
            found = folder.lstat()
            if found.st_uid != os.geteuid() or time.time() - found.st_mtime < _OLD_S:
                continue
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(descriptor)
