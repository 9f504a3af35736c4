# SPDX-License-Identifier: GPL-3.0-or-later
"""The header of a qcow2 image: how large it really is, and whether it reaches for other files. Pure.

A file of a megabyte may declare 60 TiB, and a header may name a backing file or a data file: any file of the host.
Source: qemu docs/interop/qcow2.rst.
"""

from __future__ import annotations

import struct

import attrs

_MAGIC = b"QFI\xfb"
_EXTERNAL_DATA_FILE = 1 << 2


@attrs.frozen(slots=True)
class Header:
    """What a fleet needs to know of one."""

    virtual_bytes: int
    reaches_out: str  # "a backing file", "a data file", or nothing


def is_qcow2(head: bytes) -> bool:
    """Tell whether a file begins as a qcow2 image does."""
    return head.startswith(_MAGIC)


def read_header(head: bytes) -> Header | None:
    """Return the header; None where it is cut off or of an unknown version."""
    if not is_qcow2(head) or len(head) < 72:
        return None
    version, backing_offset, _, _, virtual_bytes = struct.unpack(">IQIIQ", head[4:32])
    if version not in (2, 3):
        return None
    incompatible = struct.unpack(">Q", head[72:80])[0] if version == 3 and len(head) >= 80 else 0
    reaches = "a backing file" if backing_offset else "a data file" if incompatible & _EXTERNAL_DATA_FILE else ""
    return Header(virtual_bytes, reaches)
