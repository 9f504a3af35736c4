# SPDX-License-Identifier: GPL-3.0-or-later
"""Secret: a reference to a value that no plan, log or file of ours ever holds."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import attrs

from novalite.shared import canonical, secret_sources

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen(slots=True)
class Secret:
    """What a fleet says of a secret, as written (``{"env": "DB_PASS"}``), and where the file is that it names."""

    said: Mapping[str, Any]
    path: str | None = None

    @property
    def token(self) -> str:
        """Return the text that stands for it in contents: the same in every checkout of the fleet."""
        digest = hashlib.sha256(canonical.canonical_json(dict(self.said))).hexdigest()
        return f"@novalite-secret-{digest[:12]}@"

    @property
    def label(self) -> str:
        """Return what people call it: ``env:DB_PASS``."""
        return str(secret_sources.label(dict(self.said)))

    def to_reference(self) -> dict[str, Any]:
        """Return what a plan holds of it (module_utils/secret_sources.py)."""
        return dict(self.said) if self.path is None else {**self.said, "path": self.path}


def still_known(before: Mapping[str, str] | None, now: Mapping[str, str], *, is_rebuilt: bool) -> dict[str, str] | None:
    """Return the fingerprints that the mark of an instance should hold, given those in it and those of today.

    A guest reads its secrets when its disk is made, so only then new ones are noted; later on what the mark has stays,
    but where the same key (the text before the dash) shows another value.
    """
    if is_rebuilt:
        return dict(now) or None
    if not before:
        return None
    return {name: now[name] if _key(now.get(name, "")) == _key(old) else old for name, old in before.items()}


def _key(fingerprint: str) -> str:
    return fingerprint.partition("-")[0]
