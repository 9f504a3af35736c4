# SPDX-License-Identifier: GPL-3.0-or-later
"""One byte form for every JSON value, so that equal values have equal fingerprints everywhere. Pure."""

from __future__ import annotations

import hashlib
import json


def canonical_json(value):
    # type: (object) -> bytes
    """Return the value as UTF-8 JSON with sorted keys and no spaces; floats that are not finite raise ValueError."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def sha256_hex(data):
    # type: (bytes) -> str
    """Return the 64 hexadecimal digits of the SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def fingerprint(value):
    # type: (object) -> str
    """Return ``sha256:`` and the digest of the value's canonical JSON."""
    return "sha256:" + sha256_hex(canonical_json(value))
