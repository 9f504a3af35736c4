# SPDX-License-Identifier: GPL-3.0-or-later
"""What cloud-init takes a content for, by its first characters. Pure.

Source: cloudinit/handlers/__init__.py (INCLUSION_TYPES_MAP, type_from_starts_with), cloudinit/user_data.py.
"""

from __future__ import annotations

CLOUD_CONFIG = "text/cloud-config"
SCRIPT = "text/x-shellscript"
BOOTHOOK = "text/cloud-boothook"
INCLUDE = "text/x-include-url"
INCLUDE_ONCE = "text/x-include-once-url"
PART_HANDLER = "text/part-handler"
JINJA = "text/jinja2"
ARCHIVE = "text/cloud-config-archive"
JSON_PATCH = "text/cloud-config-jsonp"
# Not cloud-init's: what else a seed can be.
MIME = "multipart"
GZIP = "gzip"
IGNITION = "ignition"
BUTANE = "butane"
OTHER = "other"
PLAIN = "text/plain"  # of a part: cloud-init looks at what it holds

# word of the fleet language -> content type
TYPES = {
    "cloud-config": CLOUD_CONFIG,
    "shellscript": SCRIPT,
    "cloud-boothook": BOOTHOOK,
    "include": INCLUDE,
    "include-once": INCLUDE_ONCE,
    "part-handler": PART_HANDLER,
    "jinja2": JINJA,
    "cloud-config-archive": ARCHIVE,
    "cloud-config-jsonp": JSON_PATCH,
    "shellscript-per-boot": "text/x-shellscript-per-boot",
    "shellscript-per-instance": "text/x-shellscript-per-instance",
    "shellscript-per-once": "text/x-shellscript-per-once",
}
SCRIPTS = frozenset(kind for word, kind in TYPES.items() if word.startswith("shellscript"))

# first characters -> content type; the longest that fits wins
_STARTS = {
    "#include-once": INCLUDE_ONCE,
    "#include": INCLUDE,
    "#!": SCRIPT,
    "#cloud-config-archive": ARCHIVE,
    "#cloud-config-jsonp": JSON_PATCH,
    "#cloud-config": CLOUD_CONFIG,
    "#part-handler": PART_HANDLER,
    "#cloud-boothook": BOOTHOOK,
    "## template: jinja": JINJA,
}
_LONGEST_FIRST = sorted(_STARTS, key=len, reverse=True)
_MIME_WITHIN = 4096  # bytes in which cloud-init looks for MIME-Version:, whatever the content is


def kind_of(content: bytes) -> str | None:
    """Return what cloud-init takes a content for, or which other seed it is; None where it would be ignored."""
    if content.startswith(b"\x1f\x8b"):
        return GZIP
    return kind_of_part(content) or (MIME if speaks_of_mime(content) else None)


def speaks_of_mime(content: bytes) -> bool:
    """Tell whether cloud-init reads a content as a message: one that starts like no header is all body, and itself."""
    return b"mime-version:" in content[:_MIME_WITHIN].lower()


def kind_of_part(content: bytes) -> str | None:
    """Return what cloud-init takes a part without a type for."""
    text = content.decode("utf-8", "surrogateescape").lstrip()
    low = text[:64].lower()
    found = next((_STARTS[start] for start in _LONGEST_FIRST if low.startswith(start)), None)
    if found is None and text.startswith("{") and '"ignition"' in text:
        return IGNITION
    if found is None and low.startswith("variant:"):
        return BUTANE
    return found
