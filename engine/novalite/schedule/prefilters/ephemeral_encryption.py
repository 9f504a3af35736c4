# SPDX-License-Identifier: GPL-3.0-or-later
"""ephemeral_encryption_filter: ``hw:ephemeral_encryption`` needs a host that encrypts disks, in the format asked for.

Source: nova/scheduler/request_filter.py; nova/virt/hardware.py, get_ephemeral_encryption_*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.trait import trait_from_text
from novalite.schedule.prefilters.adding import as_spec, require, requires
from novalite.shared import amounts

if TYPE_CHECKING:
    from novalite.schedule.prefilters import Context
    from novalite.schedule.request import Shape

NAME = "ephemeral_encryption_filter"
_TRAIT = "COMPUTE_EPHEMERAL_ENCRYPTION"


def applies(shape: Shape, context: Context) -> bool:  # noqa: ARG001
    """Tell whether encryption is asked for."""
    return bool(_traits(shape))


def transform(shape: Shape, context: Context) -> Shape:  # noqa: ARG001
    """Return the shape with the traits of encryption, and of its format."""
    return require(shape, _traits(shape))


def why(shape: Shape, context: Context) -> str:  # noqa: ARG001
    """Return what it adds."""
    return requires(_traits(shape))


def _traits(shape: Shape) -> list[str]:
    spec, properties = as_spec(shape), shape.properties
    if not amounts.wants(spec, properties, "ephemeral_encryption"):
        return []
    form = amounts.said(spec, properties, "ephemeral_encryption_format")
    return [_TRAIT, f"{_TRAIT}_{trait_from_text(form)}"] if form else [_TRAIT]
