# SPDX-License-Identifier: GPL-3.0-or-later
"""Adoption: which domain, made by somebody else, an instance is."""

from __future__ import annotations

import attrs

from novalite.shared import canonical


@attrs.frozen(slots=True)
class Adoption:
    """``sha256`` is what the domain's XML meant when it was read (module_utils/domain_meaning.py)."""

    host: str
    uuid: str
    domain: str
    sha256: str

    def to_spec(self, extra_xml: str | None) -> dict[str, object]:
        """Return the part of the instance spec that says so, with what the fleet keeps of the domain besides."""
        extra = canonical.sha256_hex(extra_xml.encode()) if extra_xml else None
        return {"sha256": self.sha256, "extra_sha256": extra}
