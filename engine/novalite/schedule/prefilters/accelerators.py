# SPDX-License-Identifier: GPL-3.0-or-later
"""accelerators_filter: a device profile (``accel:device_profile``) needs a host that says it has accelerators.

Profiles are Cyborg's, which we do not talk to; a host may be given the trait by hand.
Source: nova/scheduler/request_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.schedule.prefilters.adding import require, requires

if TYPE_CHECKING:
    from novalite.schedule.prefilters import Context
    from novalite.schedule.request import Shape

NAME = "accelerators_filter"


def applies(shape: Shape, context: Context) -> bool:  # noqa: ARG001
    """Tell whether a profile is asked for."""
    return bool(_traits(shape))


def transform(shape: Shape, context: Context) -> Shape:  # noqa: ARG001
    """Return the shape with the trait."""
    return require(shape, _traits(shape))


def why(shape: Shape, context: Context) -> str:  # noqa: ARG001
    """Return what it adds."""
    return requires(_traits(shape))


def _traits(shape: Shape) -> list[str]:
    return ["COMPUTE_ACCELERATORS"] if shape.specs.get("accel:device_profile") else []
