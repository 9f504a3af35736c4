# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions of Nova's metadata, and what came with each. Pure. Source: nova/api/metadata/base.py."""

from __future__ import annotations

FOLSOM = "2012-08-10"
GRIZZLY = "2013-04-04"
HAVANA = "2013-10-17"
LIBERTY = "2015-10-15"
NEWTON_ONE = "2016-06-30"
NEWTON_TWO = "2016-10-06"
OCATA = "2017-02-22"
ROCKY = "2018-08-27"
VICTORIA = "2020-10-14"
EPOXY = "2025-04-04"
LATEST = "latest"  # equals the newest

OPENSTACK = (FOLSOM, GRIZZLY, HAVANA, LIBERTY, NEWTON_ONE, NEWTON_TWO, OCATA, ROCKY, VICTORIA, EPOXY)
EC2 = (
    "1.0",
    "2007-01-19",
    "2007-03-01",
    "2007-08-29",
    "2007-10-10",
    "2007-12-15",
    "2008-02-01",
    "2008-09-01",
    "2009-04-04",
)
# The others are not on a drive, by Nova's default (config_drive_skip_versions).
EC2_ON_DRIVE = ("2009-04-04", LATEST)

# A key of meta_data.json, or a file -> the version that it came with; what is not here was always there.
SINCE = {
    "random_seed": GRIZZLY,
    "project_id": LIBERTY,
    "devices": NEWTON_ONE,
    "dedicated_cpus": VICTORIA,
    "vendor_data.json": HAVANA,
    "network_data.json": LIBERTY,
    "vendor_data2.json": NEWTON_TWO,
    "password": GRIZZLY,  # over HTTP only
}

# The same of the EC2 layout.
EC2_SINCE = {
    "local-hostname": "2007-01-19",
    "public-hostname": "2007-01-19",
    "public-ipv4": "2007-01-19",
    "instance-type": "2007-08-29",
    "block-device-mapping": "2007-12-15",
    "kernel-id": "2007-12-15",
    "ramdisk-id": "2007-12-15",
    "placement": "2008-02-01",
    "instance-action": "2008-09-01",
}


def has(version, what):
    # type: (str, str) -> bool
    """Tell whether an OpenStack version has a key or file of ``SINCE``."""
    return is_at_least(version, SINCE.get(what, FOLSOM))


def is_at_least(version, first):
    # type: (str, str) -> bool
    """Tell whether an OpenStack version is as new as another; their names sort by age."""
    return version == LATEST or version >= first
