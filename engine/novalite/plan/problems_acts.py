# SPDX-License-Identifier: GPL-3.0-or-later
"""The problems of rebuild, resize and rescue (NV0330 to NV0334), with what they mean."""

from __future__ import annotations

NOT_DECLARED = "NV0330"
NO_ROOM = "NV0331"
PROTECTED = "NV0332"
CANNOT_RESIZE = "NV0333"

# id -> (title, explanation)
CATALOGUE: dict[str, tuple[str, str]] = {
    NOT_DECLARED: (
        "the fleet does not declare the instance",
        (
            "A rebuild writes a new config drive, and a resize asks every rule of the scheduler: both need what the "
            "fleet says of the instance (its user data, key, networks, group). Name the fleet with --fleet."
        ),
    ),
    NO_ROOM: (
        "what the instance would become does not fit",
        (
            "The instance stays on its host, and that host has not the room (or not the hardware) for what it would "
            "become: the message has the rule and its numbers, counted as if the instance took nothing there yet. Or "
            "the image needs more disk or memory than the flavor gives. Nothing was done."
        ),
    ),
    PROTECTED: (
        "protected: its root disk would be destroyed",
        (
            "A rebuild makes the root disk anew, and what is on it is lost; an instance that is protected (in the "
            "fleet or on its host) refuses that as it refuses deletion. Apply it with protect: false first."
        ),
    ),
    CANNOT_RESIZE: (
        "not a resize",
        (
            "A resize never makes a disk smaller, because what lies behind its new end would be lost; and a flavor "
            "that changes nothing is none. Take another flavor, or give the instance a new name to have it made anew."
        ),
    ),
}
