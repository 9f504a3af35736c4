# SPDX-License-Identifier: GPL-3.0-or-later
"""SimpleCIDRAffinityFilter: the host's own address is near the one that the hint ``build_near_host_ip`` gives.

The hint ``cidr`` says how near: ``/24`` where it is not given, for IPv6 too (as in Nova, where ``/64`` would be meant).
A ``cidr`` without its slash means the same (Nova glues it to the address). A host whose address nobody said, or of
the other IP version, does not match. Source: nova/scheduler/filters/affinity_filter.py.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from novalite.model.hints import subnet_from_hints

if TYPE_CHECKING:
    from novalite.schedule.host import Host
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "SimpleCIDRAffinityFilter"
HINT = "build_near_host_ip"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether the hint is given."""
    return bool(request.shape.hints) and bool(request.shape.hint(HINT))


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts with an address in the subnet."""
    subnet = subnet_from_hints(request.shape.hint(HINT), request.shape.hint("cidr"))
    return table.mask(NAME, str(subnet), lambda host: subnet is not None and _is_in(host, subnet))


def why(table: HostTable, request: Request, row: int) -> str:
    """Return the subnet asked and the host's address."""
    asked = request.shape.hint(HINT)
    subnet = subnet_from_hints(asked, request.shape.hint("cidr"))
    wanted = subnet or f"{', '.join(asked)}, which is no subnet"
    return f"asked an address in {wanted}, the host's is {table.hosts[row].address or 'unknown'}"


def _is_in(host: Host, subnet: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(host.address or "") in subnet
    except ValueError:
        return False
