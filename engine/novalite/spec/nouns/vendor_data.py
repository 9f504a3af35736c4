# SPDX-License-Identifier: GPL-3.0-or-later
"""Vendor data: what whoever runs the hosts tells guests, static or asked for when the guest asks. Pure.

Source: nova/api/metadata/vendordata_json.py (a file of JSON), vendordata_dynamic.py and base.py (targets name@url, of
which one without a name, and the second of two with the same, are left out without a word: here they are refused).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from novalite.model.content import Content
from novalite.shared import canonical
from novalite.spec import ids
from novalite.spec.secrets import is_secret, with_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.spec.context import Context
    from novalite.spec.sources import Path

_STATIC = "static"  # the key of the static data in vendor_data2.json


def build_vendor_data(context: Context, said: dict[str, Any], path: Path) -> Content | None:
    """Return the static vendor data as canonical JSON; None, and a problem, where it is none."""
    value: Any = said
    if "file" in said:
        value = _from_file(context, said["file"], (*path, "file"))
    if value is None:
        return None
    if is_secret(value):
        context.add(ids.VENDOR_DATA, "vendor data is a mapping, and a secret is a text in it", path)
        return None
    held = with_tokens(context, value, path)
    if "cloud-init" in held:
        from novalite.spec.seed.vendor import check_vendor_data

        check_vendor_data(context, held, (*path, "file") if "file" in said else path, is_file="file" in said)
    try:
        content = canonical.canonical_json(held)
    except (ValueError, TypeError):
        context.add(ids.VENDOR_DATA, "vendor data is JSON, and this has a value that JSON does not have", path)
        return None
    return Content(content, hashlib.sha256(content).hexdigest())


def _from_file(context: Context, reference: str, path: Path) -> dict[str, Any] | None:
    content = context.file(reference, path)
    if content is None:
        return None
    try:
        value = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        context.add(ids.VENDOR_DATA, f"{reference} is not JSON: {str(error)[:100]}", path)
        return None
    if not isinstance(value, dict):
        context.add(ids.VENDOR_DATA, f"{reference} is JSON, and not a mapping", path)
        return None
    return value


def build_vendor_targets(context: Context, said: Sequence[dict[str, str]], path: Path) -> tuple[tuple[str, str], ...]:
    """Return the targets of dynamic vendor data, as (name, URL)."""
    first: dict[str, int] = {}
    for index, target in enumerate(said):
        name = target["name"]
        if name == _STATIC:
            context.add(ids.VENDOR_DATA, "static is the name of the static vendor data", (*path, index, "name"))
        elif first.setdefault(name, index) != index:
            related = (("first here", context.declared.where((*path, first[name], "name"))),)
            context.add(ids.VENDOR_DATA, f"two targets are called {name}", (*path, index, "name"), related=related)
        if not _is_url(target["url"]):
            summary = "a target is an http(s) URL without a password"
            context.add(ids.VENDOR_DATA, summary, (*path, index, "url"))
    return tuple((one["name"], one["url"]) for one in said)


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        good = url.scheme in ("http", "https") and bool(url.hostname) and not (url.username or url.password)
        return good and (url.port is None or url.port > 0) and text.isprintable() and " " not in text
    except ValueError:
        return False
