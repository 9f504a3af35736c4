# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest's hardware as one flat mapping: what a spec wants, what a domain has, and where the two differ. Pure.

Each ``xml_*`` file knows one part of it both ways: ``wanted`` (spec -> mapping), ``write`` (mapping -> XML), ``read``
(a domain's elements -> mapping). So a domain that was just written never differs, and what somebody changed does.
"""

from __future__ import annotations

from . import (
    xml_cpu,
    xml_display,
    xml_features,
    xml_firmware,
    xml_helpers,
    xml_pci,
    xml_pinning,
    xml_quota,
    xml_security,
    xml_sysinfo,
)
from .xml_tools import Seen

PARTS = (
    xml_cpu,
    xml_pinning,
    xml_quota,
    xml_firmware,
    xml_features,
    xml_display,
    xml_helpers,
    xml_security,
    xml_sysinfo,
    xml_pci,
)

# What libvirt or QEMU add by themselves where nothing is asked: compared only where something is. Anything else that
# a domain has and its spec does not want was put there by somebody.
MAY_APPEAR = frozenset(
    (
        "clock.hpet",
        "cpu.mode",
        "features.ioapic",
        "features.smm",
        "os.secure_boot",
        "ports.driver",
        "serial.ports",
        "sysinfo.ignition",
        "sysinfo.system",
        "agent",
        "usb.model",
        "video.model",
        "video.ram_mib",
        "vcpu.cpuset",  # placement by numad writes one
    )
)

# What is said by not being said, too: libvirt before 7.2 drops what it does not know.
UNSAID = {"os.secure_boot": False}


def wanted_hardware(spec, virt_type):
    # type: (dict, str) -> dict
    """Return the hardware that a spec asks for. Raises: ValueError for a value that cannot be."""
    found = {}
    for part in PARTS:
        found.update(part.wanted(spec, virt_type))
    return found


def read_hardware(domain):
    # type: (object) -> dict
    """Return the hardware of a ``<domain>`` element."""
    seen = Seen(domain)
    found = {}
    for part in PARTS:
        found.update(part.read(seen))
    return found


def compare_hardware(spec, virt_type, actual):
    # type: (dict, str, dict) -> list
    """Return (path, expected, actual) where a domain's hardware is not what its spec asks for, by path."""
    try:
        wanted = wanted_hardware(spec, virt_type)
    except (ValueError, KeyError, TypeError) as error:  # a mark that another version wrote
        return [("hardware", "what this version can read", str(error))]
    paths = set(wanted) | {path for path in actual if path not in MAY_APPEAR}
    return [
        ("hardware." + path, wanted.get(path), actual.get(path))
        for path in sorted(paths)
        if wanted.get(path, UNSAID.get(path)) != actual.get(path, UNSAID.get(path))
    ]
