# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of the metadata service on a host: the files of metadata_service/, and no others. Touches files.

They come with the module that calls this, so that one task does what copying them would take one each for.
"""

from __future__ import annotations

import os
import pkgutil

from .canonical import sha256_hex
from .durable_file import make_dir, read_file, remove_file, write_file
from .instance_folder import list_files
from .metadata_service import __main__ as _program  # imports all of it, so all of it travels
from .result import Result

FILES = (
    "__init__.py",
    "__main__.py",
    "answers.py",
    "documents.py",
    "guard.py",
    "identity.py",
    "request.py",
    "server.py",
    "service.py",
    "tokens.py",
    "versions.py",
)
NAME = "metadata_service"


def ensure(wanted, check=False):
    # type: (dict, bool) -> Result
    """Make ``wanted["folder"]`` hold the program, or with ``wanted["state"]`` absent not hold it."""
    folder = os.path.join(wanted["folder"], NAME)
    package = _program.__name__.rpartition(".")[0]
    is_wanted = wanted["state"] == "present"
    files = {name: pkgutil.get_data(package, name) for name in FILES} if is_wanted else {}
    there = {name: read_file(os.path.join(folder, name)) for name in list_files(folder) if name.endswith(".py")}
    changed = there != files
    if changed and not check:
        for name in sorted(set(there) - set(files)):
            remove_file(os.path.join(folder, name))
        if is_wanted:
            make_dir(folder, 0o755)
        for name, data in files.items():
            if there.get(name) != data:
                write_file(os.path.join(folder, name), data, mode=0o644)
        if not is_wanted and not list_files(folder):
            os.rmdir(folder)
    return Result(changed, _digests(there), _digests(files))


def _digests(files):
    # type: (dict) -> dict
    return {name: "sha256:" + sha256_hex(data) for name, data in files.items()}
