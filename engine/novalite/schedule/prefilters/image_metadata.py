# SPDX-License-Identifier: GPL-3.0-or-later
"""transform_image_metadata: the host can do the buses and models that the image's properties name.

Source: nova/scheduler/request_filter.py. Other than there: it is on by default; the firmware is asked for as well; a
virtual IOMMU is asked for by the trait that there is (Nova leaves out a part of its name, finds no such trait, and then
asks for none of the others either).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.model.trait import trait_from_text
from novalite.schedule.prefilters.adding import require, requires

if TYPE_CHECKING:
    from novalite.schedule.prefilters import Context
    from novalite.schedule.request import Shape

NAME = "transform_image_metadata"
# Image property -> prefix of the trait that a host needs for its value.
PREFIXES = {
    "hw_cdrom_bus": "COMPUTE_STORAGE_BUS_",
    "hw_disk_bus": "COMPUTE_STORAGE_BUS_",
    "hw_video_model": "COMPUTE_GRAPHICS_MODEL_",
    "hw_vif_model": "COMPUTE_NET_VIF_MODEL_",
    "hw_architecture": "HW_ARCH_",
    "hw_emulation_architecture": "COMPUTE_ARCH_",
    "hw_viommu_model": "COMPUTE_VIOMMU_MODEL_",
    "hw_firmware_type": "COMPUTE_FIRMWARE_",
}


def applies(shape: Shape, context: Context) -> bool:
    """Tell whether it is on, and anything named."""
    return context.options.image_metadata_prefilter and bool(_traits(shape))


def transform(shape: Shape, context: Context) -> Shape:  # noqa: ARG001
    """Return the shape with the traits of all that is named."""
    return require(shape, _traits(shape))


def why(shape: Shape, context: Context) -> str:  # noqa: ARG001
    """Return what it adds."""
    return requires(_traits(shape))


def _traits(shape: Shape) -> list[str]:
    said = shape.properties
    return [prefix + trait_from_text(said[key]) for key, prefix in PREFIXES.items() if said.get(key)]
