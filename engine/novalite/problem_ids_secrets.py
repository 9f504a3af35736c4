# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ids of secrets mean (NV0180 to NV0189)."""

from __future__ import annotations

# id -> (title, explanation)
CATALOGUE: dict[str, tuple[str, str]] = {
    "NV0180": (
        "not a reference to a secret",
        (
            "{secret: ...} says where a value is, never the value: {env: NAME} in the environment of whoever applies, "
            "{file: PATH} a file beside the fleet, {vault: PATH, key: NAME} a text in a file of ansible-vault, "
            "{command: [PROGRAM, WORD]} what a program prints (only where whoever applies sets "
            "NOVALITE_SECRET_COMMANDS=1)."
        ),
    ),
    "NV0181": (
        "a secret cannot be read",
        (
            "A plan needs the value of a secret, and it cannot be had on this machine. It is asked for before any "
            "host is touched; the message says which secret and why, and never any of its value."
        ),
    ),
    "NV0182": (
        "looks like the token of a secret",
        (
            "Contents with secrets hold @novalite-secret-...@ until their host fills in the values. A text that "
            "looks so itself would be filled in, too."
        ),
    ),
    "NV0183": (
        "the value of a secret changed since the plan was made",
        (
            "The plan holds a keyed fingerprint of the value, and that of the value of today is another one. Make "
            "the plan again, look at it, and apply that one."
        ),
    ),
    "NV0184": (
        "a secret is not watched",
        (
            "A warning: there is a key (NOVALITE_SECRETS_KEY), but the value cannot be read where the plan is made, "
            "so a change of it would not be seen. Commands are never run by a plan."
        ),
    ),
}
