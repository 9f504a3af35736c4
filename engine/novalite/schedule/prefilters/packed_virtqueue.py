# SPDX-License-Identifier: GPL-3.0-or-later
"""packed_virtqueue_filter: ``hw:virtio_packed_ring`` needs a host that can do it.

Source: nova/scheduler/request_filter.py; nova/virt/hardware.py, get_packed_virtqueue_constraint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule.prefilters.adding import as_spec, require, requires
from novalite.shared import amounts

if TYPE_CHECKING:
    from novalite.schedule.prefilters import Context
    from novalite.schedule.request import Shape

NAME = "packed_virtqueue_filter"


def applies(shape: Shape, context: Context) -> bool:  # noqa: ARG001
    """Tell whether packed rings are asked for."""
    return bool(_traits(shape))


def transform(shape: Shape, context: Context) -> Shape:  # noqa: ARG001
    """Return the shape with the trait."""
    return require(shape, _traits(shape))


def why(shape: Shape, context: Context) -> str:  # noqa: ARG001
    """Return what it adds."""
    return requires(_traits(shape))


def _traits(shape: Shape) -> list[str]:
    wanted = amounts.wants(as_spec(shape), shape.properties, "virtio_packed_ring")
    return ["COMPUTE_NET_VIRTIO_PACKED"] if wanted else []
