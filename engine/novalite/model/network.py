# SPDX-License-Identifier: GPL-3.0-or-later
"""Network: what a port attaches to on every host: a libvirt network or a bridge that exists there."""

from __future__ import annotations

import attrs

from novalite.model.subnet import Subnet  # noqa: TC001 (attrs resolves it)


@attrs.frozen(slots=True)
class Network:
    """``kind`` is ``libvirt`` or ``bridge``, ``source`` its name on the hosts; the rest tells guests of the subnet."""

    name: str
    kind: str
    source: str
    cidr: str | None = None
    gateway: str | None = None
    dns: tuple[str, ...] = ()
    mtu: int | None = None
    subnets: tuple[Subnet, ...] | None = None  # where they are said (be it none), cidr, gateway and dns are not
    port_security: bool = False
