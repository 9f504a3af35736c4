# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance spec + seed -> the files of a config drive, which a metadata service tells too. Pure.

All versions are there as in Nova, each with what came with it: cloud-init takes the newest that it knows. The bytes
are those of Nova's writer for the same values. What differs on purpose is in tests/nova/seed_differences.py.
Source: nova/api/metadata/base.py, metadata_for_config_drive; cloudinit/sources/helpers/openstack.py.
"""

from __future__ import annotations

import json

from .ec2_metadata import ec2_metadata
from .meta_data import contents, meta_data
from .metadata_service.versions import EC2_ON_DRIVE, LATEST, OPENSTACK, has
from .network_data import network_data
from .vendor_data import vendor_data, vendor_data2

LABEL = "config-2"


def config_drive_tree(spec, seed):
    # type: (dict, object) -> dict
    """Return path -> bytes, in the order to write them. Without ports there is no network_data.json."""
    tree = {}
    ec2 = _json(ec2_metadata(spec))
    for version in EC2_ON_DRIVE:
        if seed.user_data is not None:
            tree["ec2/%s/user-data" % version] = seed.user_data
        tree["ec2/%s/meta-data.json" % version] = ec2
    shared = _shared_files(spec, seed)
    for version in (*OPENSTACK, LATEST):
        folder = "openstack/%s/" % version
        tree[folder + "meta_data.json"] = _json(meta_data(spec, seed, version))
        tree.update((folder + name, data) for name, data in shared.items() if has(version, name))
    tree.update(("openstack/" + where, data) for where, _path, data in contents(seed))
    return tree


def _shared_files(spec, seed):
    # type: (dict, object) -> dict
    """Return the files that are the same in each version that has them."""
    found = {}
    if seed.user_data is not None:
        found["user_data"] = seed.user_data
    found["vendor_data.json"] = _json(vendor_data(seed))
    network = network_data(spec)
    if network is not None:
        found["network_data.json"] = _json(network)
    found["vendor_data2.json"] = _json(vendor_data2(seed))
    return found


def _json(value):
    # type: (object) -> bytes
    return json.dumps(value).encode("ascii")
