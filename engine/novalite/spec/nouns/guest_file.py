# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that a guest writes at first boot (Nova: injected files, "personality"). Pure.

Source: nova/conf/quota.py (injected_files 5, injected_file_content_bytes 10 KiB, injected_file_path_length 255) and
nova/compute/api.py, _check_injected_file_quota (the content is counted decoded).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any

from novalite.model.content import Content, GuestFile
from novalite.spec import ids
from novalite.spec.secrets import token, with_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.spec.context import Context
    from novalite.spec.sources import Path

MAX_FILES = 5
MAX_CONTENT_BYTES = 10 * 1024
MAX_PATH_BYTES = 255

_LARGER = "put it into user data (write_files), or let the guest fetch it"


def build_files(context: Context, said: Mapping[str, Any], path: Path) -> tuple[GuestFile, ...]:
    """Return the files, by their paths; one with a problem is left out."""
    if len(said) > MAX_FILES:
        summary = f"{len(said)} files, and {MAX_FILES} are the most"
        context.add(ids.GUEST_FILE, summary, path, of_key=True, help=_LARGER)
    found = []
    for name, value in sorted(said.items()):
        here = (*path, name)
        wrong = _why_no_path(name)
        if wrong:
            context.add(ids.GUEST_FILE, f"{wrong}, and this is to be a path in the guest", here, of_key=True)
        content = _content(context, value, here)
        if content is not None and len(content) > MAX_CONTENT_BYTES:
            summary = f"{len(content)} bytes, and {MAX_CONTENT_BYTES} are the most"
            context.add(ids.GUEST_FILE, summary, here, help=_LARGER)
        elif content is not None and not wrong:
            found.append(GuestFile(name, Content(content, hashlib.sha256(content).hexdigest())))
    return tuple(found)


def _why_no_path(name: str) -> str:
    if not name.startswith("/") or name.endswith("/"):
        return "it does not begin with / or names a folder"
    if {"", ".", ".."} & set(name[1:].split("/")):
        return "it has a part that is empty, . or .."
    if not name.isprintable():
        return "it has a character that cannot be printed"
    if len(name.encode("utf-8")) > MAX_PATH_BYTES:
        return f"it has more than {MAX_PATH_BYTES} bytes"
    return ""


def _content(context: Context, value: Any, path: Path) -> bytes | None:
    if isinstance(value, str):
        return str(with_tokens(context, value, path)).encode("utf-8")
    if "secret" in value:
        return token(context, value, path).encode("utf-8")
    if "file" in value:
        return context.file(value["file"], (*path, "file"))
    try:
        return base64.b64decode("".join(value["base64"].split()), validate=True)
    except (binascii.Error, ValueError):
        context.add(ids.GUEST_FILE, "this is not base64", (*path, "base64"))
        return None
