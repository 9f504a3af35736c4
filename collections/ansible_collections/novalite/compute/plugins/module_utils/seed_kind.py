# SPDX-License-Identifier: GPL-3.0-or-later
"""How a guest is told its seed: on which kind of drive, or in another way. Pure.

The image says what the guest in it reads (its property ``novalite_seed``), the instance whether there is a drive
(``config_drive``).
"""

from __future__ import annotations

CONFIG_DRIVE, NOCLOUD, IGNITION = "config-drive", "nocloud", "ignition"
KINDS = (CONFIG_DRIVE, NOCLOUD, IGNITION)
PROPERTY = "novalite_seed"

ISO, VFAT, NONE = "iso9660", "vfat", "none"

IGNITION_FILE = "ignition.json"  # in the instance's folder
IGNITION_ENTRY = "opt/com.coreos/config"


def seed_kind(spec):
    # type: (dict) -> str
    """Return which seed the guest reads; what is no kind is Nova's, as properties of images are anybody's."""
    said = spec["image"]["properties"].get(PROPERTY)
    return said if said in KINDS else CONFIG_DRIVE


def drive_format(spec):
    # type: (dict) -> object
    """Return ``iso9660`` or ``vfat``, or None where there is no drive: Ignition gets a file from QEMU."""
    said = spec.get("config_drive") or ISO
    return None if said == NONE or seed_kind(spec) == IGNITION else said


def asks_the_service(spec):
    # type: (dict) -> bool
    """Tell whether the guest has to ask the metadata service: then its hardware says that it is Nova's."""
    return spec.get("config_drive") == NONE and seed_kind(spec) == CONFIG_DRIVE


def reason_against(spec):
    # type: (dict) -> object
    """Return why the guest could not be told anything at all, or None."""
    if seed_kind(spec) == NOCLOUD and spec.get("config_drive") == NONE:
        return "config_drive: none: a guest whose image has %s: %s asks no metadata service" % (PROPERTY, NOCLOUD)
    return None


def has_ignition(spec):
    # type: (dict) -> bool
    """Tell whether QEMU hands the guest a file."""
    return seed_kind(spec) == IGNITION and bool(spec.get("user_data_sha256"))
