# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts get that is in no plan (values of secrets, passwords), from this process to Ansible's, in memory. I/O.

A file without a name (memfd) is read by whoever may look into this process, and is gone with it, however it ends.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@attrs.frozen(slots=True)
class PrivateValues:
    """``steps``: step id -> what its host gets besides, such as a password; ``secrets``: token -> value."""

    steps: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict, repr=False)
    secrets: Mapping[str, str] = attrs.field(factory=dict, repr=False)


@contextlib.contextmanager
def handed_over(values: PrivateValues, folder: Path) -> Iterator[str | None]:
    """Yield a path where processes that we start read the values as JSON; None where there are none.

    On a system that has no files without a name, it is one in ``folder``, which is private and gone after the run.
    """
    if not values.steps and not values.secrets:
        yield None
        return
    content = json.dumps({"steps": {**values.steps}, "secrets": {**values.secrets}}).encode("ascii")
    create = getattr(os, "memfd_create", None)
    if create is None:
        path = folder / "private.json"
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        name = str(path)
    else:
        descriptor = create("novalite", os.MFD_CLOEXEC)
        os.fchmod(descriptor, 0o600)
        name = f"/proc/{os.getpid()}/fd/{descriptor}"
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        yield name
