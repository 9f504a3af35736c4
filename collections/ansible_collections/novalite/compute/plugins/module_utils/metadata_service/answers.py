# SPDX-License-Identifier: GPL-3.0-or-later
"""What Nova answers to a path, from one instance's tree. Pure.

The tree is that of the config drive. Over HTTP there are also the versions of EC2 that the drive leaves out, listings,
and ``password``. Nova's four kinds of paths that end in an error 500 are not found here, and null is
empty, not ``None``. Source: nova/api/metadata/handler.py, base.py (lookup, ec2_md_print, _handle_version).
"""

from __future__ import annotations

import json
import posixpath

from .request import TEXT, Answer, refusal
from .versions import EC2, EC2_SINCE, LATEST, has

PASSWORD = "password"
JSON = "application/json"
META_DATA = "meta_data.json"
NETWORK_DATA = "network_data.json"
# Nova's order, and its types: network_data.json is text there.
NAMES = (META_DATA, "user_data", PASSWORD, "vendor_data.json", NETWORK_DATA, "vendor_data2.json")
KINDS = {META_DATA: JSON, "vendor_data.json": JSON, "vendor_data2.json": JSON}


def tokens_of(path):
    # type: (str) -> list
    """Return the parts of a path, beginning with ``ec2`` or ``openstack``; what names neither is EC2's."""
    parts = posixpath.normpath(path if path.startswith("/") else "/" + path).split("/")[1:]
    if parts[0] in ("ec2", "openstack"):
        return parts
    return ["ec2", *parts] if parts[0] else ["ec2"]


def is_password(tokens):
    # type: (list) -> bool
    """Tell whether a path is that of the password, which can be posted."""
    return len(tokens) == 3 and tokens[0] == "openstack" and tokens[2] == PASSWORD


def answer(tree, tokens, today, password=b""):
    # type: (dict, list, str, bytes) -> Answer
    """Return the answer to a GET; ``tree`` is path -> bytes, ``today`` an ISO date."""
    found = _openstack(tree, tokens[1:], today, password) if tokens[0] == "openstack" else _ec2(tree, tokens[1:])
    return refusal(404) if found is None else found


def _listing(names):
    # type: (object) -> Answer
    return Answer(200, "\n".join(names).encode("utf-8"))


def versions_of(tree):
    # type: (dict) -> list
    """Return the dated versions of OpenStack in a tree, oldest first."""
    found = {path.split("/")[1] for path in tree if path.startswith("openstack/") and path.endswith("/" + META_DATA)}
    return sorted(found - {LATEST})


def _openstack(tree, tokens, today, password):
    # type: (dict, list, str, bytes) -> object
    if not tokens:
        return _listing([version for version in versions_of(tree) if version <= today] + [LATEST])
    folder = "openstack/%s/" % tokens[0]
    if tokens[0] == "content":
        data = tree.get(folder + tokens[1]) if len(tokens) == 2 else None
        return None if data is None else Answer(200, data)
    if folder + META_DATA not in tree:
        return None
    has_password = has(tokens[0], PASSWORD)
    if len(tokens) == 1:
        return _listing(name for name in NAMES if folder + name in tree or (name == PASSWORD and has_password))
    name = "/".join(tokens[1:])
    if name == PASSWORD and has_password:
        return Answer(200, password)
    data = tree.get(folder + name) if name in NAMES else None
    if name == NETWORK_DATA:  # older versions do not list it, and have it all the same
        data = tree.get("openstack/%s/%s" % (LATEST, name))
    if data is None:
        return None
    return Answer(200, data, KINDS.get(name, TEXT))


def _ec2(tree, tokens):
    # type: (dict, list) -> object
    if not tokens:
        return _listing([*EC2, LATEST])
    version = EC2[-1] if tokens[0] == LATEST else tokens[0]
    text = tree.get("ec2/latest/meta-data.json")
    if version not in EC2 or text is None:
        return None
    known = json.loads(text.decode("utf-8"))
    place = {
        "meta-data": {
            key: value for key, value in known.items() if EC2_SINCE.get(key, "") <= version or key not in EC2_SINCE
        }
    }
    _name_keys(place["meta-data"], tree)
    if "ec2/latest/user-data" in tree:
        place["user-data"] = tree["ec2/latest/user-data"]
    for token in tokens[1:]:
        if not isinstance(place, dict) or token not in place:
            return None
        place = place[token]
    return Answer(200, _print(place))


def _name_keys(meta_data, tree):
    # type: (dict, dict) -> None
    """Put the name of the key where Nova's listing shows it: ``0=NAME``."""
    keys = meta_data.get("public-keys", {})
    if "0" not in keys or "_name" in keys["0"]:
        return
    said = json.loads(tree["openstack/latest/" + META_DATA].decode("utf-8")).get("public_keys") or {}
    meta_data["public-keys"] = {"0": dict(keys["0"], _name="0=" + next(iter(said), "key"))}


def _print(value):
    # type: (object) -> bytes
    """Return a place of EC2's tree as text: folders end with a slash, lists have a line for each."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict):
        lines = [
            (inner.get("_name") or key + "/") if isinstance(inner, dict) else key
            for key, inner in sorted(value.items())
            if key != "_name"
        ]
    else:
        lines = value if isinstance(value, list) else ["" if value is None else value]
    return "\n".join(str(line) for line in lines).encode("utf-8")
