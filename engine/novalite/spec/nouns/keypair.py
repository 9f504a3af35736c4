# SPDX-License-Identifier: GPL-3.0-or-later
"""Keypairs of a fleet: one line each, of a type that sshd knows. Pure."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from novalite.model.keypair import Keypair
from novalite.spec import ids
from novalite.spec.characters import find_bad_character

if TYPE_CHECKING:
    from novalite.spec.context import Context

_TYPES = frozenset(
    (
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    )
)


def build_keypairs(context: Context) -> dict[str, Keypair]:
    """Return the keypairs by name; one with a problem is left out."""
    keypairs = {}
    for name, entry, path in context.entries("keypairs"):
        where = (*path, "file" if "file" in entry else "public_key")
        if "file" in entry:
            content = context.file(entry["file"], where)
            if content is None:
                continue
            text = content.decode("utf-8", "replace")
        else:
            text = entry["public_key"]
        text = text.strip()
        wrong = why_no_public_key(text)
        if wrong:
            context.add(ids.BAD_PUBLIC_KEY, wrong, where)
        else:
            keypairs[name] = Keypair(name, text)
    return keypairs


def why_no_public_key(text: str) -> str:
    """Return what keeps a text from being one public key; nothing where it is one."""
    if "PRIVATE KEY" in text:
        return "this is a private key: it must not be in a fleet; the public one ends in .pub"
    if "\n" in text or find_bad_character(text):
        return "a public key is one line"
    parts = text.split(None, 2)
    if len(parts) < 2 or parts[0] not in _TYPES:
        return 'not a public SSH key, such as "ssh-ed25519 AAAA... somebody"'
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except (binascii.Error, ValueError):
        return "the middle part of this public key is cut off or broken (not base64)"
    name = parts[0].encode("ascii")
    if not blob.startswith(len(name).to_bytes(4, "big") + name) or len(blob) < len(name) + 4 + 32:
        return f"the middle part of this public key is not a key of type {parts[0]}"
    return ""
