# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a fleet refers to, as ``build`` sees them: an argument, so that a dictionary can be a disk. Pure."""

from __future__ import annotations

from typing import Protocol

import attrs


@attrs.frozen(slots=True)
class Refusal:
    """Why a file is not read: an id of ``ids`` and a sentence."""

    id: str
    message: str
    help: str = ""


@attrs.frozen(slots=True)
class ImageFile:
    """What an image file is: where, how long, its digest, and its first bytes (the header of a qcow2)."""

    path: str
    size_bytes: int
    sha256: str
    head: bytes


class Files(Protocol):
    """Access to files named in a fleet; ``beside`` is the name of the fleet file that names them."""

    def read(self, beside: str, reference: str) -> bytes | Refusal:
        """Return the content of a small file."""

    def place(self, beside: str, reference: str) -> str | Refusal:
        """Return where a file is that is not read yet, nor need be there."""

    def image(self, beside: str, reference: str) -> ImageFile | Refusal:
        """Return the facts about an image file."""
