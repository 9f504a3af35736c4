# SPDX-License-Identifier: GPL-3.0-or-later
"""What a domain's XML means, part by part, so that a domain that somebody else made can be compared with itself. Pure.

Each part (one device, one element beside the devices) is a path and a short digest of what it says. What libvirt
assigns by itself (addresses, aliases, dynamic labels), who the domain is, and what is told about it (title,
description, metadata) is not part of the meaning.
"""

from __future__ import annotations

from .canonical import canonical_json, fingerprint, sha256_hex

_IDENTITY = frozenset(("name", "uuid", "title", "description", "metadata"))
_ASSIGNED = frozenset(("address", "alias", "backingStore", "mirror"))
_DIGITS = 12

# What libvirt adds to a definition when it is started, or read by a newer version; what was there must stay.
_MAY_APPEAR = (
    "devices.audio",
    "devices.controller",
    "devices.input",
    "devices.memballoon",
    "devices.watchdog.itco",
    "os.firmware",
    "os.loader",
    "os.nvram",
)

# What tells devices of one kind apart, where position does not: tag -> (element inside or None, attribute).
_KEYS = {
    "disk": ("target", "dev"),
    "interface": ("mac", "address"),
    "channel": ("target", "name"),
    "filesystem": ("target", "dir"),
    "graphics": (None, "type"),
    "input": (None, "type"),
    "sound": (None, "model"),
    "watchdog": (None, "model"),
    "controller": (None, "type"),
}


def parts_of_domain(domain):
    # type: (object) -> dict
    """Return path -> digest of a ``<domain>`` element's parts."""
    found = {"type": _digest(domain.get("type"))}
    for element in domain:
        if element.tag in _IDENTITY or _is_dynamic(element):
            continue
        if element.tag in ("devices", "os"):
            for child in element:
                _put(found, "%s.%s" % (element.tag, _name(child, element.tag)), _digest(_meaning(child, top=True)))
        else:
            _put(found, _tag(element), _digest(_meaning(element)))
    return found


def meaning_sha256(parts):
    # type: (dict) -> str
    """Return the digest of all parts together: 64 hexadecimal digits."""
    return sha256_hex(canonical_json(parts))


def changed_parts(recorded, actual):
    # type: (dict, dict) -> list
    """Return ``{"path", "expected", "actual"}`` for each part that is not as it was recorded, by path."""
    found = []
    for path in sorted(set(recorded) | set(actual)):
        before, after = recorded.get(path), actual.get(path)
        if before == after or (before is None and path.startswith(_MAY_APPEAR)):
            continue
        words = (None, "added") if before is None else ("as adopted", "gone" if after is None else "changed")
        found.append({"path": "domain." + path, "expected": words[0], "actual": words[1]})
    return found


def _tag(element):
    # type: (object) -> str
    """Return the element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def _name(element, parent):
    # type: (object, str) -> str
    inside, attribute = _KEYS.get(element.tag, (None, None))
    holder = element.find(inside) if inside else element
    said = holder.get(attribute) if attribute and holder is not None else None
    return _tag(element) if said is None or parent != "devices" else "%s.%s" % (_tag(element), said)


def _put(found, path, digest):
    # type: (dict, str, str) -> None
    """Add a part; of several with one path, each but the first has a number."""
    name, number = path, 1
    while name in found:
        number += 1
        name = "%s#%d" % (path, number)
    found[name] = digest


def _is_dynamic(element):
    # type: (object) -> bool
    return element.tag == "seclabel" and element.get("type") == "dynamic"


def _meaning(element, top=False):
    # type: (object, bool) -> list
    """Return [name, attributes, text, children]; the order of children counts where a namespace of QEMU's own begins.

    ``top`` is true for a device itself: an address inside a device's source says which device of the host it is.
    """
    children = [child for child in element if not _is_dynamic(child)]
    if top:
        children = [child for child in children if child.tag not in _ASSIGNED]
        if element.tag == "controller":
            children = [child for child in children if child.tag not in ("model", "target")]
    inner = [_meaning(child) for child in children]
    if not element.tag.startswith("{"):
        inner.sort(key=canonical_json)
    return [element.tag, dict(element.attrib), (element.text or "").strip(), inner]


def _digest(value):
    # type: (object) -> str
    return fingerprint(value).partition(":")[2][:_DIGITS]
