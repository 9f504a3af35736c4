# SPDX-License-Identifier: GPL-3.0-or-later
"""What the metadata service of a host tells one instance: ``instances/UUID/metadata.json`` (0600). Touches files.

Written with the config drive, from the same tree, and read by the service (metadata_service/)::

    {"format": "novalite.metadata/1", "uuid": "...", "project": "shop", "name": "web-0", "has_drive": true,
     "ports": [{"mac": "52:54:00:...", "addresses": ["10.0.0.5"]}],
     "tree": {"openstack/latest/meta_data.json": "<sha256>"}, "contents": {"<sha256>": "<base64>"}}

An instance on the shelf is told nothing: its folder is elsewhere. ``metadata.password`` beside it is what the guest
posted (Nova's ``password``), and the service's own.
"""

from __future__ import annotations

import base64
import json
import os

from . import failpoint
from .canonical import canonical_json, sha256_hex
from .durable_file import make_dir, read_file, write_file
from .paths import instance_dir

FORMAT = "novalite.metadata/1"
DOCUMENT = "metadata.json"
PASSWORD = "metadata.password"
_META_DATA = "meta_data.json"


def document(spec, tree):
    # type: (dict, dict) -> dict
    """Return what is written for a spec and its tree (path -> bytes). Equal contents are in it once."""
    digests = {path: sha256_hex(data) for path, data in tree.items()}
    contents = {digests[path]: base64.b64encode(data).decode("ascii") for path, data in tree.items()}
    return {
        "format": FORMAT,
        "uuid": spec["uuid"],
        "project": spec["project"],
        "name": spec["name"],
        "has_drive": spec.get("config_drive") != "none",
        "ports": [
            {"mac": port["mac"], "addresses": _addresses(spec, index)} for index, port in enumerate(spec["ports"])
        ],
        "tree": digests,
        "contents": contents,
    }


def _addresses(spec, index):
    # type: (dict, int) -> list
    """Return the fixed addresses that a guest may use on one of its cards: those of the port, of the links that the
    guest makes of it (a bond, a VLAN), and of the links on those.
    """
    holders = [spec["ports"][index]]
    names = {index}
    for link in spec.get("guest_links") or []:  # a link names only what stands before it
        if names & {link.get("on"), *(link.get("ports") or [])}:
            names.add(link.get("name"))
            holders.append(link)
    fixed = [holder.get("fixed_ip") for holder in holders]
    fixed += [subnet.get("fixed_ip") for holder in holders for subnet in holder.get("subnets") or []]
    return sorted({address for address in fixed if address})


def write(host, spec, tree, check=False):
    # type: (object, dict, dict, bool) -> bool
    """Write what the service tells an instance; tell whether it differed. The caller makes it durable."""
    folder = instance_dir(host.state_dir, spec["uuid"])
    path = os.path.join(folder, DOCUMENT)
    data = canonical_json(document(spec, tree)) + b"\n"
    if read_file(path) == data:
        return False
    if not check:
        make_dir(folder)
        with failpoint.around("metadata.write"):
            write_file(path, data, durable=False)
    return True


def refresh(host, spec):
    # type: (object, dict) -> bool
    """Let a guest that runs see its new name and user metadata, as Nova does: only its drive is from its birth.

    Where there is no document, as for an instance from before there was a service, none is made: the contents that the
    spec only names are not here.
    """
    old = _read(os.path.join(instance_dir(host.state_dir, spec["uuid"]), DOCUMENT))
    if old is None:
        return False
    tree = {path: base64.b64decode(old["contents"][digest]) for path, digest in old["tree"].items()}
    for path in tree:
        if os.path.basename(path) == _META_DATA:
            tree[path] = _with_metadata(tree[path], spec)
    return write(host, spec, tree)


def _read(path):
    # type: (str) -> object
    """Return a document, or None where there is none, or one that another version wrote."""
    data = read_file(path)
    try:
        found = None if data is None else json.loads(data.decode("utf-8"))
        return found if found and found["format"] == FORMAT else None
    except (ValueError, KeyError, TypeError):
        return None


def _with_metadata(data, spec):
    # type: (bytes, dict) -> bytes
    """Return meta_data.json with what of it changes while a guest lives; its other keys keep their order."""
    found = json.loads(data.decode("utf-8"))
    found["name"] = spec["name"]
    found.pop("meta", None)
    if spec["metadata"]:
        found["meta"] = {key: str(value) for key, value in spec["metadata"].items()}
    return json.dumps(found).encode("ascii")
