# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ids of changing what exists mean (NV0105 to NV0144): limits of hot changes, media, rolling."""

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
    "NV0135": (
        "rolling changes that cannot be",
        (
            "`rolling` says how a set of instances is restarted or rebuilt without all of it being down: a server "
            "group, or an entry with count; an instance is in one such set. The canary is at most max_unavailable, and "
            "guests must be able to show what `ready` waits for: a port needs a network, the agent a channel."
        ),
    ),
}
