# SPDX-License-Identifier: GPL-3.0-or-later
"""What the first bytes of a disk image say, and what may not be in an image that others deliver. Pure."""

from __future__ import annotations

import struct

QCOW2_MAGIC = b"QFI\xfb"
HEADER_BYTES = 112
MAX_VIRTUAL_BYTES = 16 * 1024**4

# Formats that qemu would follow to other files, or that are no raw disk for sure.
_NOT_RAW = (QCOW2_MAGIC, b"KDMV", b"# Disk DescriptorFile", b"conectix", b"vhdxfile", b"QED\0", b"<<< ")
_INCOMPATIBLE_DATA_FILE = 1 << 2


def virtual_bytes(header, image_format, file_bytes):
    # type: (bytes, str, int) -> int
    """Return the size of the disk in an image; ValueError where the header is not that of the format."""
    if image_format == "raw":
        return file_bytes
    if header[:4] != QCOW2_MAGIC or len(header) < 72:
        raise ValueError("not a qcow2 image")
    return struct.unpack(">Q", header[24:32])[0]


def unsafe_reason(header, image_format, file_bytes):
    # type: (bytes, str, int) -> object
    """Return why an image of this header is refused, or None. Source: CVE-2024-32498 and its relatives."""
    if image_format == "raw":
        if any(header.startswith(magic) for magic in _NOT_RAW):
            return "it is declared raw, but starts like an image of another format"
        return None if file_bytes else "it is empty"
    if header[:4] != QCOW2_MAGIC or len(header) < 72:
        return "it is declared qcow2, but does not start like one"
    version, backing_offset = struct.unpack(">IQ", header[4:16])
    encryption = struct.unpack(">I", header[32:36])[0]
    features = struct.unpack(">Q", header[72:80])[0] if version >= 3 and len(header) >= 80 else 0
    checks = (
        ("its qcow2 version is %d" % version, version not in (2, 3)),
        ("it has a backing file", backing_offset != 0),
        ("it is encrypted", encryption != 0),
        ("its data is in another file", bool(features & _INCOMPATIBLE_DATA_FILE)),
        ("it says that it is larger than 16 TiB", virtual_bytes(header, image_format, 0) > MAX_VIRTUAL_BYTES),
    )
    return next((reason for reason, holds in checks if holds), None)
