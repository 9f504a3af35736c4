# SPDX-License-Identifier: GPL-3.0-or-later
"""Quantities: what users write (``512MiB``), what we count in (MiB, GiB), what libvirt says (KiB). Pure."""

from __future__ import annotations

import re

MIB_PER = {"MiB": 1, "GiB": 1024, "TiB": 1024 * 1024}
KIB_PER_MIB = 1024
BYTES_PER_MIB = 1024 * 1024
BYTES_PER_GIB = 1024 * 1024 * 1024

_QUANTITY = re.compile(r"([0-9]{1,12})(MiB|GiB|TiB)")


def mib_from_text(text):
    # type: (str) -> int
    """Return the MiB that a text such as ``512MiB`` or ``8GiB`` means; ValueError for anything else."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError("not a quantity such as 512MiB, 8GiB or 2TiB: %r" % (text,))
    return int(match.group(1)) * MIB_PER[match.group(2)]


def gib_from_text(text):
    # type: (str) -> int
    """Return the GiB that a text means; ValueError where that is not a whole number of GiB."""
    mib = mib_from_text(text)
    if mib % 1024:
        raise ValueError("not a whole number of GiB: %r" % (text,))
    return mib // 1024


def text_from_mib(mib):
    # type: (int) -> str
    """Return the shortest text for a number of MiB, such as ``8GiB``."""
    for unit in ("TiB", "GiB"):
        if mib and mib % MIB_PER[unit] == 0:
            return "%d%s" % (mib // MIB_PER[unit], unit)
    return "%dMiB" % mib


def gib_ceil(mib):
    # type: (int) -> int
    """Return a number of MiB in whole GiB, rounded up (Nova counts swap this way)."""
    return -(-mib // 1024)
