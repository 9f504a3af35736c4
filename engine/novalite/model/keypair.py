# SPDX-License-Identifier: GPL-3.0-or-later
"""Keypair: a public SSH key with a name."""

from __future__ import annotations

import attrs


@attrs.frozen(slots=True)
class Keypair:
    """``public_key`` is one line as in an authorized_keys file."""

    name: str
    public_key: str

    def to_spec(self) -> dict[str, object]:
        """Return the keypair as an instance spec carries it."""
        return {"name": self.name, "public_key": self.public_key}
