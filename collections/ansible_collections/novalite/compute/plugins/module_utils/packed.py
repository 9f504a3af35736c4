# SPDX-License-Identifier: GPL-3.0-or-later
"""One string for a large value, so that Ansible neither walks through it nor takes parts of it for templates. Pure."""

from __future__ import annotations

import base64
import json
import zlib

from .canonical import canonical_json


def pack(value):
    # type: (object) -> str
    """Return a JSON value as base64 of its compressed canonical form."""
    return base64.b64encode(zlib.compress(canonical_json(value), 6)).decode("ascii")


def unpack(text):
    # type: (str) -> object
    """Return what was packed; ValueError for anything else."""
    try:
        return json.loads(zlib.decompress(base64.b64decode(text, validate=True)).decode("utf-8"))
    except zlib.error as error:
        raise ValueError("not a packed value: %s" % error) from error
