# SPDX-License-Identifier: GPL-3.0-or-later
"""compute_status_filter: a disabled host says so with a trait, and nobody wants it; always on.

Where ComputeFilter is enabled it says the same, and says it better.

Source: nova/scheduler/request_filter.py. Hosts have the trait from ``observe/traits.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.trait import DISABLED

if TYPE_CHECKING:
    from novalite.schedule.prefilters import Context
    from novalite.schedule.request import Shape

NAME = "compute_status_filter"
COVERED_BY = "ComputeFilter"


def applies(shape: Shape, context: Context) -> bool:  # noqa: ARG001
    """Return True."""
    return True


def transform(shape: Shape, context: Context) -> Shape:  # noqa: ARG001
    """Return the shape that forbids the trait on the host itself, which alone has it."""
    return attrs.evolve(shape, root_forbidden=shape.root_forbidden | {DISABLED})


def why(shape: Shape, context: Context) -> str:  # noqa: ARG001
    """Return what it adds."""
    return f"forbids {DISABLED}"
