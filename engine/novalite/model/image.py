# SPDX-License-Identifier: GPL-3.0-or-later
"""Image: what a root disk starts from. Its digest is its identity; the name is only how the fleet calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen(slots=True)
class Image:
    """``source`` is an absolute path on the controller, or an http(s) URL that hosts fetch themselves."""

    name: str
    source: str
    sha256: str
    format: str
    size_bytes: int | None = None  # of the file; None for a URL
    min_disk_gib: int = 0
    min_ram_mib: int = 0
    properties: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def is_remote(self) -> bool:
        """Tell whether hosts fetch this image themselves."""
        return self.source.startswith(("http://", "https://"))

    def to_spec(self) -> dict[str, object]:
        """Return the image as an instance spec carries it: not where it came from, only what it is."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "format": self.format,
            "min_disk_gib": self.min_disk_gib,
            "properties": dict(self.properties),
        }


# Of a domain that somebody else made, where nothing is known of what its disk began with.
NO_IMAGE = Image(name="", source="", sha256="", format="raw")
