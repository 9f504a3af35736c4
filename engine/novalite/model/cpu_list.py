# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU lists as people write them: ``0-3,^2,6``. Source: nova/virt/hardware.py, parse_cpu_spec."""

from __future__ import annotations

_MOST = 65535  # libvirt's limit; a larger number is a slip, and would only fill memory


def cpus_from_text(text: str) -> frozenset[int]:
    """Return the CPUs of a list: numbers and ranges, less those behind a ``^``. Raises: ValueError."""
    wanted: set[int] = set()
    refused: set[int] = set()
    for part in text.split(","):
        rule = part.strip()
        if rule:
            target = refused if rule.startswith("^") else wanted
            target.update(_range(rule.removeprefix("^")))
    return frozenset(wanted - refused)


def mask_from_text(text: str, vcpus: int) -> frozenset[int]:
    """Return the CPUs of a mask: one that begins with ``^`` means all of the guest's less those. Raises: ValueError."""
    return cpus_from_text(f"0-{vcpus - 1},{text}" if text.strip().startswith("^") else text)


def _range(text: str) -> range:
    first, dash, last = (part.strip() for part in text.partition("-"))
    ends = (first, last if dash else first)
    if not all(end.isascii() and end.isdigit() and int(end) <= _MOST for end in ends) or int(ends[0]) > int(ends[1]):
        msg = f'"{text[:40]}" is neither a CPU number nor a range of them'
        raise ValueError(msg)
    return range(int(ends[0]), int(ends[1]) + 1)
