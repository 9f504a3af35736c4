# SPDX-License-Identifier: GPL-3.0-or-later
"""require_image_type_support: the host can read the image's format; off by default.

Source: nova/scheduler/request_filter.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.trait import trait_from_text
from novalite.schedule.prefilters.adding import require, requires

if TYPE_CHECKING:
    from novalite.schedule.prefilters import Context
    from novalite.schedule.request import Shape

NAME = "require_image_type_support"


def applies(shape: Shape, context: Context) -> bool:
    """Tell whether it is on, and the format known."""
    return context.options.query_placement_for_image_type_support and bool(_traits(shape))


def transform(shape: Shape, context: Context) -> Shape:  # noqa: ARG001
    """Return the shape with the trait of the format."""
    return require(shape, _traits(shape))


def why(shape: Shape, context: Context) -> str:  # noqa: ARG001
    """Return what it adds."""
    return requires(_traits(shape))


def _traits(shape: Shape) -> list[str]:
    return [f"COMPUTE_IMAGE_TYPE_{trait_from_text(shape.image_format)}"] if shape.image_format else []
