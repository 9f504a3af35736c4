# SPDX-License-Identifier: GPL-3.0-or-later
"""virtio_sound_filter: a sound card of model ``virtio`` needs a host that is new enough.

Source: nova/scheduler/request_filter.py; nova/virt/hardware.py, get_sound_model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule.prefilters.adding import as_spec, require, requires
from novalite.shared import amounts

if TYPE_CHECKING:
    from novalite.schedule.prefilters import Context
    from novalite.schedule.request import Shape

NAME = "virtio_sound_filter"


def applies(shape: Shape, context: Context) -> bool:  # noqa: ARG001
    """Tell whether such a card is asked for."""
    return bool(_traits(shape))


def transform(shape: Shape, context: Context) -> Shape:  # noqa: ARG001
    """Return the shape with the trait."""
    return require(shape, _traits(shape))


def why(shape: Shape, context: Context) -> str:  # noqa: ARG001
    """Return what it adds."""
    return requires(_traits(shape))


def _traits(shape: Shape) -> list[str]:
    model = amounts.said(as_spec(shape), shape.properties, "sound_model")
    return ["COMPUTE_SOUND_MODEL_VIRTIO"] if model == "virtio" else []
