# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ids of changing what exists mean (NV0105 to NV0114): limits of hot changes, media."""

from __future__ import annotations

# id -> (title, explanation)
CATALOGUE: dict[str, tuple[str, str]] = {
    "NV0105": (
        "a maximum below what it is the maximum of",
        (
            "max_vcpus and max_ram say what an instance can be given while it runs. They are made ready when its QEMU "
            "starts, so they are at least what it has from the start."
        ),
    ),
    "NV0106": (
        "no medium for a CD-ROM drive",
        "A CD-ROM drive gives the guest the bytes of a file as they are: an ISO, which is an image of the format raw.",
    ),
}
