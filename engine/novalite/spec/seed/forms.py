# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms of user data in the fleet -> parts with their bytes, and where they came from. Pure.

A mapping with one of the words of SOURCES says where the content is; cloud-config knows none of these as a key, so that
no mapping has two readings. Any other mapping is a cloud-config (with the key ``ignition``: an Ignition config).
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

import attrs

from novalite.spec import ids
from novalite.spec.cloud_config import cloud_config
from novalite.spec.secrets import is_secret, token, with_tokens
from novalite.spec.seed import kinds
from novalite.spec.seed.finding import FileOrigin, Finding, MappingOrigin, TextOrigin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.spec.context import Context
    from novalite.spec.seed.finding import Origin
    from novalite.spec.sources import Path

SOURCES = ("text", "file", "base64", "cloud_config", "parts")


@attrs.frozen(slots=True)
class Part:
    """One content. ``value``: the mapping that it was written from; ``kind``: what the fleet says it is, if it does."""

    content: bytes
    origin: Origin
    kind: str | None = None
    value: Mapping[str, Any] | None = None
    merge_how: str = ""

    @property
    def is_opaque(self) -> bool:
        """Tell whether nobody but the guest knows what it is."""
        return self.kind == kinds.OTHER


def source_of(value: object) -> str | None:
    """Return the word of a mapping that says where the content is; None for a text, and for the content itself."""
    return next((word for word in SOURCES if isinstance(value, dict) and word in value), None)


def part_of(context: Context, value: Any, path: Path, *, beside: bool = False) -> Part | None:
    """Return the part that a value means; None where it has a problem. ``beside``: it is one of several."""
    source = source_of(value)
    if source is None:
        if isinstance(value, str):
            return Part(value.encode("utf-8"), TextOrigin(path))
        if is_secret(value):
            return _secret(context, value, path, beside)
        return _mapping(context, value, path, beside)
    here = (*path, source)
    word = value.get("type")
    merge_how = value.get("merge_how", "")
    part: Part | None
    if source == "cloud_config":
        part = _mapping(context, value[source], here, beside)
    elif source == "text":
        part = Part(value[source].encode("utf-8"), TextOrigin(here))
    elif source == "base64":
        found = _decoded(context, value[source], here)
        part = None if found is None else Part(found, MappingOrigin(here))
    else:
        content = context.file(value[source], here)
        part = None if content is None else Part(content, FileOrigin(here, value[source]))
    return None if part is None else attrs.evolve(part, kind=kinds.TYPES.get(word, word), merge_how=merge_how)


def _secret(context: Context, value: dict[str, Any], path: Path, beside: bool) -> Part | None:
    """Return what is a secret as a whole: whatever it is, nobody looks at it here, and it is not written as YAML."""
    content = token(context, value, path).encode("ascii")
    if beside:
        summary = "a secret can be all of user data or a text in a mapping, not a part"
        MappingOrigin(path).tell(context, Finding(ids.USER_DATA_FORM, summary))
        return None
    return Part(content, MappingOrigin(path), kind=kinds.OTHER)


def _mapping(context: Context, value: dict[str, Any], path: Path, beside: bool) -> Part:
    held = with_tokens(context, value, path)
    if "ignition" in value:
        text = json.dumps(held, sort_keys=True, indent=1) + "\n"
        return Part(text.encode("ascii"), MappingOrigin(path), value=held)
    return Part(cloud_config(held, ascii_only=beside), MappingOrigin(path), value=held)


def _decoded(context: Context, text: str, path: Path) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        MappingOrigin(path).tell(context, Finding(ids.USER_DATA_FORM, f"not base64: {str(error).lower()}"))
        return None
