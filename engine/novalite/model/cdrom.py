# SPDX-License-Identifier: GPL-3.0-or-later
"""CdromDrive: a drive for media that come and go while the guest runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from novalite.model.image import Image


@attrs.frozen(slots=True)
class CdromDrive:
    """``medium`` is None where the drive is empty."""

    medium: Image | None = None

    def to_spec(self) -> dict[str, object] | None:
        """Return the drive as an instance spec carries it: null where it is empty."""
        if self.medium is None:
            return None
        return {"name": self.medium.name, "sha256": self.medium.sha256, "format": self.medium.format}
