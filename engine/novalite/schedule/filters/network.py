# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworksFilter: every libvirt network (active) and bridge that the ports attach to exists on the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.host import Host
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "NetworksFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether the instance has ports."""
    return bool(request.shape.networks)


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts that have all of them."""
    found = np.ones(len(table), dtype=np.bool_)
    for kind, source in request.shape.networks:
        found &= _holders(table, kind, source)
    return found


def why(table: HostTable, request: Request, row: int) -> str:
    """Return which are missing."""
    host = table.hosts[row]
    missing = [f"{kind} {source}" for kind, source in sorted(request.shape.networks) if not _has(host, kind, source)]
    kinds = {"libvirt": "network", "bridge": "bridge"}
    named = [f"{kinds.get(text.split()[0], '')} {text.split(maxsplit=1)[1]}" for text in missing]
    return f"has no active {', no '.join(named)}" if named else "has every network asked"


def _has(host: Host, kind: str, source: str) -> bool:
    return (kind, source) in host.networks


def _holders(table: HostTable, kind: str, source: str) -> Mask:
    return table.mask(kind, source, lambda host: _has(host, kind, source))
