# SPDX-License-Identifier: GPL-3.0-or-later
"""IsolatedHostsFilter: isolated images go on isolated hosts only, and (where restricted) other images on others only.

Options: ``isolated_images`` (names or SHA-256), ``isolated_hosts``, ``restrict_isolated_hosts_to_isolated_images``
(true). Images without hosts go nowhere: Nova's comment says otherwise, its code does this.
Source: nova/scheduler/filters/isolated_hosts_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "IsolatedHostsFilter"


def applies(table: HostTable, request: Request) -> bool:  # noqa: ARG001
    """Tell whether anything is isolated."""
    return bool(table.options.isolated_hosts or table.options.isolated_images)


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts on which the image may be."""
    isolated = _isolated_hosts(table)
    if _is_isolated(table, request):
        return isolated
    return ~isolated if table.options.restrict_isolated_hosts_to_isolated_images else np.ones(len(table), np.bool_)


def why(table: HostTable, request: Request, row: int) -> str:
    """Return whether image and host are isolated."""
    image = "isolated" if _is_isolated(table, request) else "not isolated"
    host = "isolated" if _isolated_hosts(table)[row] else "not isolated"
    return f"image {request.shape.image} is {image}, the host is {host}"


def _is_isolated(table: HostTable, request: Request) -> bool:
    return not table.options.isolated_images.isdisjoint((request.shape.image, request.shape.image_sha256))


def _isolated_hosts(table: HostTable) -> Mask:
    return table.mask(NAME, "", lambda host: host.name in table.options.isolated_hosts)
