# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance spec + seed -> meta_data.json. Pure. Source: nova/api/metadata/base.py, _metadata_as_json."""

from __future__ import annotations

import base64
import hashlib

from .canonical import canonical_json
from .claim import claim_of
from .metadata_service.versions import LATEST, ROCKY, has, is_at_least

CONTENT = "content"
_SEED_BYTES = 512


def meta_data(spec, seed, version=LATEST):
    # type: (dict, object, str) -> dict
    """Return meta_data.json's content in one version, its keys in Nova's order."""
    answer = {"uuid": spec["uuid"]}
    if spec["metadata"]:
        answer["meta"] = {key: str(value) for key, value in sorted(spec["metadata"].items())}
    if seed.files:
        answer["files"] = [{"path": path, "content_path": "/" + name} for name, path, _data in contents(seed)]
    if seed.admin_pass is not None:
        answer["admin_pass"] = seed.admin_pass
    keypair = spec["keypair"]
    if keypair:
        answer["public_keys"] = {keypair["name"]: keypair["public_key"]}
        answer["keys"] = [{"name": keypair["name"], "type": "ssh", "data": keypair["public_key"]}]
    answer["hostname"] = hostname(spec)
    answer["name"] = spec["name"]
    answer["launch_index"] = spec["launch_index"]
    answer["availability_zone"] = spec["availability_zone"]
    later = {
        "random_seed": lambda: random_seed(spec, seed),
        "project_id": lambda: spec["project"],
        "devices": lambda: devices(spec, version),
        "dedicated_cpus": lambda: dedicated_cpus(spec),
    }
    answer.update((key, value()) for key, value in later.items() if has(version, key))
    return answer


def contents(seed):
    # type: (object) -> list
    """Return (where it lies below ``openstack``, where the guest puts it, bytes) of each file for the guest."""
    return [("%s/%04d" % (CONTENT, index), path, data) for index, (path, data) in enumerate(seed.files)]


def hostname(spec):
    # type: (dict) -> str
    """Return what the guest is to call itself: what is said, else its name. Nova appends ``novalocal``, a domain that
    nobody resolves.
    """
    return spec.get("hostname") or spec["name"]


def random_seed(spec, seed):
    # type: (dict, object) -> str
    """Return 512 bytes, the same for the life of an instance, so that a drive made again has the same bytes.

    Nova draws them anew for each version and each look. The SSH host key, which only the host and the guest know,
    makes ours unknown to others; without one they merely make guests differ (their randomness is the virtio RNG's).
    """
    known = b"novalite random_seed " + spec["uuid"].encode("ascii")
    if seed.random_key:
        known += canonical_json(seed.random_key)
    return base64.b64encode(hashlib.shake_256(known).digest(_SEED_BYTES)).decode("ascii")


def devices(spec, version=LATEST):
    # type: (dict, str) -> list
    """Return the network cards that have a tag, as Nova's libvirt driver does; nothing else of ours can have one.

    The address is libvirt's to choose when the domain is defined, and the drive is durable before: ``none`` is what
    Nova says of an address that it does not know. The guest finds the card by its MAC.
    """
    found = []
    for port in spec["ports"]:
        if not port.get("tag"):
            continue
        device = {"vf_trusted": False} if is_at_least(version, ROCKY) else {}
        device.update(type="nic", mac=port["mac"], bus="pci", address="none", tags=[port["tag"]])
        found.append(device)
    return found


def dedicated_cpus(spec):
    # type: (dict) -> list
    """Return the guest's CPUs that are pinned."""
    return sorted(int(cpu) for cell in claim_of(spec).get("cells") or () for cpu in cell.get("pcpus") or {})
