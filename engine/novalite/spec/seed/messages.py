# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds several contents: a MIME message, a cloud-config-archive -> (type if it says one, content) of each. Pure.

Source: cloudinit/user_data.py (_process_msg, _explode_archive).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from novalite.spec import ids
from novalite.spec.seed import kinds
from novalite.spec.seed.finding import WARNING, Finding
from novalite.spec.seed.guest_yaml import read_guest_yaml
from novalite.spec.suggest import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

Inner = list[tuple[str | None, bytes]]

# By these cloud-init does not go: it looks at the content.
_BY_CONTENT = ("text/plain", "text/x-not-multipart", "text/x-shellscript")
_COMPRESSED = re.compile(r"application/(?:x-)?(?:gzip(?:-compressed|ped)?|gunzip|compress(?:ed)?)")


def parts_of_message(content: bytes) -> tuple[Inner, Sequence[Finding]]:
    """Return the parts of a MIME message, and what is wrong with it."""
    import email
    import email.policy

    try:
        message = email.message_from_string(content.decode("utf-8"), policy=email.policy.compat32)
    except UnicodeDecodeError:
        return [], [Finding(ids.USER_DATA_PART, "a message of parts that is not UTF-8: cloud-init fails at it", line=1)]
    found: Inner = []
    broken = any(part.defects for part in message.walk())
    summary = "a broken message of parts: its boundaries do not fit, or a part is cut off"
    findings = [Finding(ids.USER_DATA_PART, summary, line=1)] if broken else []
    for part in message.walk():
        if part.get_content_maintype() == "multipart":
            continue
        name = part.get_content_type()
        body = part.get_payload(decode=True)
        data = body if isinstance(body, bytes) else b""
        if _COMPRESSED.fullmatch(name):
            found.append((kinds.GZIP, data))
        elif name in _BY_CONTENT:
            found.append((kinds.kind_of_part(data), data))
        else:
            found.append((name, data))
            findings += _unknown_type(name)
    if not found and not findings:
        findings.append(Finding(ids.USER_DATA_PART, "a message without parts", line=1))
    return found, findings


def _unknown_type(name: str) -> list[Finding]:
    if not name.startswith(("text/", "application/")) or name in kinds.TYPES.values():
        return []
    summary = f"cloud-init has nobody for a part of type {shown(name)}"
    return [Finding(ids.USER_DATA_PART, summary, line=1, severity=WARNING)]


def parts_of_archive(content: bytes) -> tuple[Inner, Sequence[Finding]]:
    """Return the parts of a cloud-config-archive: a list of texts, or of {type, content}."""
    try:
        read = read_guest_yaml(content.decode("utf-8"))
    except UnicodeDecodeError:
        return [], [Finding(ids.USER_DATA_PART, "a cloud-config-archive that is not UTF-8", line=1)]
    if read.value is None or read.findings:
        return [], read.findings or [Finding(ids.USER_DATA_PART, "an empty cloud-config-archive", line=1)]
    if not isinstance(read.value, list):
        return [], [Finding(ids.USER_DATA_PART, "a cloud-config-archive is a list", line=1)]
    found: Inner = []
    findings: list[Finding] = []
    for number, item in enumerate(read.value):
        held = {"content": item} if isinstance(item, str) else item
        if not isinstance(held, dict) or not isinstance(held.get("content"), (str, bytes)):
            wrong = Finding(ids.USER_DATA_PART, "an entry is a text, or a mapping with content", (number,))
            findings.append(read.placed(wrong))
            continue
        text = held["content"]
        data = text.encode("utf-8") if isinstance(text, str) else text
        kind = held.get("type")
        found.append((kind if isinstance(kind, str) else kinds.kind_of_part(data) or kinds.CLOUD_CONFIG, data))
    return found, findings
