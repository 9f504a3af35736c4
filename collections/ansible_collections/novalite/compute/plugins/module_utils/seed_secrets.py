# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens of secrets in a content, and the values put into their place: on the host, in memory, last of all. Pure.

A content (user data, a file, vendor data, a password) has ``@novalite-secret-<12 hex>@`` where the fleet says
``{secret: ...}``; digests are of the content with its tokens. In YAML and JSON a token always stands alone between
double quotes, so a value cannot end its scalar.
"""

from __future__ import annotations

import json
import re

TOKEN = re.compile(rb"@novalite-secret-[0-9a-f]{12}@")

YAML = "yaml"  # between double quotes; plain ASCII comes out, so a part of a MIME message may say 7bit
JSON = "json"  # between double quotes
RAW = "raw"  # as it is, in UTF-8

# Source: YAML 1.1, 5.7 (escape codes that JSON has too).
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def tokens_in(content):
    # type: (bytes) -> list
    """Return the tokens in a content, each once, in order."""
    return sorted({found.decode("ascii") for found in TOKEN.findall(content)})


def kind_of(content):
    # type: (bytes) -> str
    """Return how tokens stand in user data: alone, in JSON (Ignition's), or in YAML, which is all else."""
    if TOKEN.fullmatch(content):
        return RAW
    return JSON if content.lstrip()[:1] == b"{" else YAML


def fill(content, secrets, kind=YAML):
    # type: (bytes, dict, str) -> bytes
    """Return a content with values (token -> text) in the place of their tokens; other texts stay as they are.

    One pass: a token inside a value is a text.
    """
    write = _WRITE[kind]

    def value(match):
        # type: (object) -> bytes
        found = secrets.get(match.group().decode("ascii"))
        return match.group() if found is None else write(found)

    return TOKEN.sub(value, content) if secrets else content


def _yaml(text):
    # type: (str) -> bytes
    return "".join(_SHORT.get(char) or _yaml_character(ord(char), char) for char in text).encode("ascii")


def _yaml_character(number, char):
    # type: (int, str) -> str
    if 0x20 <= number < 0x7F:
        return char
    return ("\\u%04x" if number <= 0xFFFF else "\\U%08x") % number


def _json(text):
    # type: (str) -> bytes
    return json.dumps(text)[1:-1].encode("ascii")


_WRITE = {YAML: _yaml, JSON: _json, RAW: lambda text: text.encode("utf-8")}
