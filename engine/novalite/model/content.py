# SPDX-License-Identifier: GPL-3.0-or-later
"""Content: bytes for a guest that travel beside an instance's spec, which names them by their digest."""

from __future__ import annotations

import attrs


@attrs.frozen(slots=True)
class Content:
    """The exact bytes the guest will read, and their SHA-256 (all that a plan shows)."""

    content: bytes
    sha256: str
    parts: tuple[str, ...] = ()  # a short digest of each part, of user data that has several


@attrs.frozen(slots=True)
class GuestFile:
    """A file that the guest writes at first boot (Nova: an injected file)."""

    path: str
    content: Content

    def to_spec(self) -> dict[str, object]:
        """Return the file as an instance spec carries it."""
        return {"path": self.path, "sha256": self.content.sha256}


@attrs.frozen(slots=True)
class VendorTargets:
    """Who is asked for dynamic vendor data, as (name, URL); ``fatal``: without an answer the guest gets none at all."""

    targets: tuple[tuple[str, str], ...]
    fatal: bool = False

    def to_spec(self) -> dict[str, object]:
        """Return the targets as an instance spec carries them."""
        return {"targets": [{"name": name, "url": url} for name, url in self.targets], "fatal": self.fatal}
