# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts -> one MIME message: the same bytes for the same parts. Pure.

Python's own writer is not used: boundaries are random there, and headers differ between versions. cloud-init reads the
whole as text (``email.message_from_string``), so what is not plain ASCII travels in base64; what is stays readable,
and a token in it can still be found.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence


@attrs.frozen(slots=True)
class MimePart:
    """One part: what it is, how cloud-config is merged into what came before, and its bytes."""

    content: bytes
    content_type: str
    merge_how: str = ""

    @property
    def digest(self) -> str:
        """Return what tells two parts apart: short, as a mark holds it."""
        head = f"{self.content_type}\n{self.merge_how}\n".encode()
        return hashlib.sha256(head + self.content).hexdigest()[:12]


def mime_from_parts(parts: Sequence[MimePart]) -> bytes:
    """Return a multipart/mixed message; scripts run in the order of the parts (cloud-init sorts by file name)."""
    boundary = _boundary(parts)
    head = f'Content-Type: multipart/mixed; boundary="{boundary}"\nMIME-Version: 1.0\n'
    written = [head.encode("ascii")]
    for number, part in enumerate(parts, start=1):
        written.append(f"\n--{boundary}\n{_headers(part, number)}\n".encode("ascii"))
        written.append(part.content if is_plain(part.content) else base64.encodebytes(part.content))
    return b"".join([*written, f"\n--{boundary}--\n".encode("ascii")])


def is_plain(content: bytes) -> bool:
    """Tell whether a content can travel as it is: ASCII, and no line end that a reader of mails would change."""
    return content.isascii() and not any(byte in content for byte in (b"\r", b"\x00", b"\x0b", b"\x0c"))


def _headers(part: MimePart, number: int) -> str:
    coding = "7bit" if is_plain(part.content) else "base64"
    charset = "us-ascii" if coding == "7bit" else "utf-8"
    lines = [
        f'Content-Type: {part.content_type}; charset="{charset}"',
        f"Content-Transfer-Encoding: {coding}",
        f'Content-Disposition: attachment; filename="part-{number:03d}"',
    ]
    if part.merge_how:
        lines.append(f"X-Merge-Type: {part.merge_how}")
    return "\n".join(lines) + "\n"


def _boundary(parts: Sequence[MimePart]) -> str:
    """Return a line that is in no part: made of what is in them, so that it could only be there on purpose."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{part.content_type}\n{part.merge_how}\n{len(part.content)}\n".encode())
        digest.update(part.content)
    return f"=novalite={digest.hexdigest()[:32]}="
