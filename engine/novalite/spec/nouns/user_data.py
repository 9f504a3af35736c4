# SPDX-License-Identifier: GPL-3.0-or-later
"""User data: a text, a file, a mapping written out as cloud-config, or several parts as one MIME message. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from novalite.model.content import Content
from novalite.shared import seed_secrets
from novalite.spec import ids
from novalite.spec.seed import kinds

if TYPE_CHECKING:
    from novalite.spec.context import Context
    from novalite.spec.seed.check import Seen
    from novalite.spec.seed.forms import Part
    from novalite.spec.seed.mime import MimePart
    from novalite.spec.sources import Path

# Source: nova/objects/instance.py via api-ref, user_data: "maximum 65535 bytes" of base64.
MAX_ENCODED_BYTES = 65535


class UserDataReader:
    """Reads each user data once, however many instances have it."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.known: dict[tuple[str, str], Content | None] = {}
        self.seen: dict[str, Seen] = {}  # digest -> what was found in it, for those who compare it with instances

    def get(self, value: Any, path: Path) -> Content | None:
        """Return the user data that a value of the fleet means."""
        if isinstance(value, str):
            key = ("text", value)
        else:
            beside = self.context.declared.source(path).name if names_file(value) else ""
            key = (f"mapping {beside}", json.dumps(value, sort_keys=True))
        if key not in self.known:
            self.known[key] = self._read(value, path)
        return self.known[key]

    def _read(self, value: Any, path: Path) -> Content | None:
        from novalite.spec.seed.check import check_parts  # fleets without user data start faster without it

        several = isinstance(value, dict) and "parts" in value
        if several:
            each = enumerate(value["parts"])
            found_parts = [self._part(item, (*path, "parts", number), True) for number, item in each]
        else:
            found_parts = [self._part(value, path, False)]
        parts = [part for part in found_parts if part is not None]
        if len(parts) != len(found_parts):
            return None
        before = len(self.context.problems)
        seen = check_parts(self.context, parts, several=several)
        if self.context.has_problem_since(before):
            return None
        written = self._written(parts, several)
        content = self._gzip(written, path) if isinstance(value, dict) and value.get("gzip") else written
        if content is None or not self._fits(content, path):
            return None
        digest = hashlib.sha256(content).hexdigest()
        self.seen[digest] = seen
        return Content(content, digest, tuple(part.digest for part in _sent(parts)) if several else ())

    def _part(self, value: Any, path: Path, beside: bool) -> Part | None:
        from novalite.spec.seed.forms import part_of

        return part_of(self.context, value, path, beside=beside)

    def _written(self, parts: list[Part], several: bool) -> bytes:
        """Return the bytes that the guest reads: of one part its own, unless only a header can say what it is."""
        [first, *_] = parts
        if not several and (first.kind is None or first.is_opaque) and not first.merge_how:
            return first.content
        from novalite.spec.seed.mime import mime_from_parts

        return mime_from_parts(_sent(parts))

    def _gzip(self, content: bytes, path: Path) -> bytes | None:
        if seed_secrets.tokens_in(content):
            summary = "a secret cannot be put into what is compressed: it is put in on the host"
            self.context.add(ids.USER_DATA_FORM, summary, (*path, "gzip"), help="take gzip away")
            return None
        from novalite.spec.seed.squeeze import squeezed

        return squeezed(content)

    def _fits(self, content: bytes, path: Path) -> bool:
        encoded = 4 * -(-len(content) // 3)
        if encoded > MAX_ENCODED_BYTES:
            summary = f"user data of {len(content)} bytes: base64 makes {encoded}, and {MAX_ENCODED_BYTES} are the most"
            help_text = "say gzip: true beside file, text or parts, or let the guest fetch the large part itself"
            self.context.add(ids.USER_DATA_SIZE, summary, path, help=help_text)
        return encoded <= MAX_ENCODED_BYTES


def _sent(parts: list[Part]) -> list[MimePart]:
    from novalite.spec.seed.mime import MimePart

    return [
        MimePart(part.content, part.kind or kinds.kind_of_part(part.content) or kinds.PLAIN, part.merge_how)
        for part in parts
    ]


def names_file(value: Any) -> bool:
    """Tell whether user data is read from a file, whose place depends on the fleet file that names it."""
    if not isinstance(value, dict):
        return False
    parts = value.get("parts")
    return "file" in value or (isinstance(parts, list) and any(names_file(item) for item in parts))
