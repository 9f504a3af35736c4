# SPDX-License-Identifier: GPL-3.0-or-later
"""User data: a text, a file, or a mapping written out as cloud-config. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from novalite.model.content import Content
from novalite.spec import ids
from novalite.spec.cloud_config import cloud_config
from novalite.spec.secrets import is_secret, token, with_tokens

if TYPE_CHECKING:
    from novalite.spec.context import Context
    from novalite.spec.sources import Path

# Source: nova/objects/instance.py via api-ref, user_data: "maximum 65535 bytes" of base64.
MAX_ENCODED_BYTES = 65535


class UserDataReader:
    """Reads each user data once, however many instances have it."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.known: dict[tuple[str, str], Content | None] = {}

    def get(self, value: Any, path: Path) -> Content | None:
        """Return the user data that a value of the fleet means."""
        if isinstance(value, str):
            key = ("text", value)
        elif "file" in value:
            key = (self.context.declared.source(path).name, value["file"])
        else:
            key = ("mapping", json.dumps(value, sort_keys=True))
        if key not in self.known:
            self.known[key] = self._read(value, path)
        return self.known[key]

    def _read(self, value: Any, path: Path) -> Content | None:
        if isinstance(value, str):
            content: bytes | None = value.encode("utf-8")
        elif "file" in value:
            content = self.context.file(value["file"], (*path, "file"))
        else:
            content = self._mapping(value, path)
        if content is None:
            return None
        encoded = 4 * -(-len(content) // 3)
        if encoded > MAX_ENCODED_BYTES:
            summary = f"user data of {len(content)} bytes: base64 makes {encoded}, and {MAX_ENCODED_BYTES} are the most"
            self.context.add(ids.USER_DATA_SIZE, summary, path, help="let the guest fetch the large part itself")
            return None
        return Content(content, hashlib.sha256(content).hexdigest())

    def _mapping(self, value: dict[str, Any], path: Path) -> bytes:
        if is_secret(value):  # all of it: whatever the value is, it is not written as YAML
            return token(self.context, value, path).encode("ascii")
        return cloud_config(with_tokens(self.context, value, path))
