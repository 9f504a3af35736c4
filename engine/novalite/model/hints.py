# SPDX-License-Identifier: GPL-3.0-or-later
"""Scheduler hints: what an instance wishes of its host at birth. By name, always with a list of texts. Pure.

Source: nova/api/openstack/compute/schemas/servers.py (scheduler_hints), of which these are what filters read.
"""

from __future__ import annotations

import ipaddress

Hints = tuple[tuple[str, tuple[str, ...]], ...]

DEFAULT_CIDR = "/24"


def subnet_from_hints(
    addresses: tuple[str, ...], cidrs: tuple[str, ...] = ()
) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return the subnet around an address that ``build_near_host_ip`` and ``cidr`` say; None where it is none."""
    if len(addresses) != 1 or len(cidrs) > 1:
        return None
    cidr = cidrs[0] if cidrs else DEFAULT_CIDR
    try:
        return ipaddress.ip_network(f"{addresses[0]}/{cidr.removeprefix('/')}", strict=False)
    except ValueError:
        return None
