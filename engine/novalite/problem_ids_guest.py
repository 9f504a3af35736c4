# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ids of waiting for guests mean (NV0352 to NV0359)."""

from __future__ import annotations

# id -> (title, explanation)
CATALOGUE: dict[str, tuple[str, str]] = {
    "NV0352": (
        "waiting for what cannot be",
        (
            "`wait_for` says what tells that a guest is up, and guests must be able to show it: a port needs a "
            "network, the agent a channel (image property hw_qemu_guest_agent), `serial` is a regular expression, and "
            "what is declared off never comes up. `cloud_init: done` is asked of the agent where one answers, and else "
            "read from the serial port."
        ),
    ),
}
