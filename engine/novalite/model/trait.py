# SPDX-License-Identifier: GPL-3.0-or-later
"""Traits: what a host can do, as words. Standard ones are those of os-traits, others start with ``CUSTOM_``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRAIT = re.compile(r"[A-Z0-9_]{1,255}")

# Image property -> prefix of the trait that a host needs for its value.
# Source: nova/scheduler/request_filter.py, transform_image_metadata; firmware after nova/virt/libvirt/driver.py.
_IMAGE_PREFIXES = {
    "hw_architecture": "HW_ARCH_",
    "hw_cdrom_bus": "COMPUTE_STORAGE_BUS_",
    "hw_disk_bus": "COMPUTE_STORAGE_BUS_",
    "hw_firmware_type": "COMPUTE_FIRMWARE_",
    "hw_vif_model": "COMPUTE_NET_VIF_MODEL_",
}


def is_trait(text: object) -> bool:
    """Tell whether a value has the form of a trait (and of a resource class)."""
    return isinstance(text, str) and _TRAIT.fullmatch(text) is not None


def trait_from_text(text: str) -> str:
    """Return a text in the alphabet of traits: upper case, every run of other characters one underscore."""
    return re.sub(r"[^A-Z0-9]+", "_", text.upper())


def traits_from_image(properties: Mapping[str, str]) -> frozenset[str]:
    """Return the traits a host must have to run an image with these properties."""
    needed = {
        prefix + trait_from_text(properties[key]) for key, prefix in _IMAGE_PREFIXES.items() if properties.get(key)
    }
    needed |= {
        key.removeprefix("trait:")
        for key, value in properties.items()
        if key.startswith("trait:") and value == "required"
    }
    return frozenset(needed)
