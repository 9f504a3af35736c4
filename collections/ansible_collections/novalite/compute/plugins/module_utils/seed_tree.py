# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance spec + seed -> the files that its guest reads at birth, whichever kind of seed that is. Pure."""

from __future__ import annotations

from . import config_drive, nocloud
from .seed_kind import CONFIG_DRIVE, IGNITION, IGNITION_FILE, NOCLOUD, NONE, drive_format, seed_kind

LABELS = {CONFIG_DRIVE: config_drive.LABEL, NOCLOUD: nocloud.LABEL}


def seed_tree(spec, seed):
    # type: (dict, object) -> dict
    """Return path -> bytes: what is on its drive, or the file that QEMU hands over; empty where there is neither."""
    kind = seed_kind(spec)
    if kind == IGNITION:
        return {} if seed.user_data is None else {IGNITION_FILE: seed.user_data}
    if drive_format(spec) is None:
        return {}
    return nocloud.nocloud_tree(spec, seed) if kind == NOCLOUD else config_drive.config_drive_tree(spec, seed)


def service_tree(spec, seed):
    # type: (dict, object) -> dict
    """Return what the metadata service tells: everybody in the guest may ask it, so it never tells the password (as
    Nova), and the host key only where the guest learns it nowhere else.
    """
    host_key = seed.host_key if spec.get("config_drive") == NONE else None
    return config_drive.config_drive_tree(spec, seed.without_secrets(host_key))
