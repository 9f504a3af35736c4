# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance spec -> the metadata of the EC2 layout. Pure.

Nova numbers images and instances in a table of its database for this; here the identities come from the UUID and the
image's digest. There are no security groups and no floating addresses.
Source: nova/api/metadata/base.py, get_ec2_metadata; nova/block_device.py, instance_block_mapping.
"""

from __future__ import annotations

import ipaddress

from .domain_disk import EPHEMERAL, ROOT, SWAP, disk_targets
from .meta_data import hostname
from .port_subnets import port_subnets

_MAPPED = ((EPHEMERAL, "ephemeral0"), (SWAP, "swap"))


def ec2_metadata(spec):
    # type: (dict) -> dict
    """Return meta-data.json's content in the newest version, its keys in Nova's order."""
    name = hostname(spec)
    answer = {
        "ami-id": "ami-" + spec["image"]["sha256"][:8],
        "ami-launch-index": spec["launch_index"],
        "ami-manifest-path": "FIXME",  # Nova's own constant
        "instance-id": "i-" + spec["uuid"][:8],
        "hostname": name,
        "local-ipv4": _first_address(spec),
        "reservation-id": "r-" + spec["uuid"][:8],
        "security-groups": [],
    }
    keypair = spec["keypair"]
    if keypair:
        # Nova means to leave the name out and looks for it one level too high; a metadata service shows it.
        entry = {"_name": "0=" + keypair["name"], "openssh-key": keypair["public_key"]}
        answer["public-keys"] = {"0": entry}
    answer["local-hostname"] = answer["public-hostname"] = name
    answer["public-ipv4"] = ""
    answer["instance-type"] = spec["flavor"]["name"]
    answer["block-device-mapping"] = _block_devices(spec)
    answer["placement"] = {"availability-zone": spec["availability_zone"]}
    answer["instance-action"] = "none"
    return answer


def _first_address(spec):
    # type: (dict) -> object
    """Return the first IPv4 address that is known before the guest starts, or None."""
    known = [subnet["fixed_ip"] for port in spec["ports"] for subnet in port_subnets(port) if subnet["fixed_ip"]]
    return next((address for address in known if ipaddress.ip_address(address).version == 4), None)


def _block_devices(spec):
    # type: (dict) -> dict
    targets = disk_targets(spec)
    found = {"ami": targets[ROOT], "root": "/dev/" + targets[ROOT]}
    for disk, name in _MAPPED:
        if disk in targets:
            found[name] = "/dev/" + targets[disk]
    return found
