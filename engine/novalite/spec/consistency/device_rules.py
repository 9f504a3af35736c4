# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of devices and firmware, and of what flavor and image may not say differently. Pure.

Source: nova/virt/hardware.py. Numbers are compared as numbers (Nova finds "2" and 2 different).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from novalite.model.guest_topology import is_true
from novalite.spec import ids
from novalite.spec.consistency.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.model.guest_topology import Guest

_TEXTS = (
    "ephemeral_encryption_format",
    "maxphysaddr_mode",
    "mem_encryption_model",
    "pci_numa_affinity_policy",
    "redirected_usb_ports",
    "sound_model",
    "tpm_model",
    "tpm_version",
    "usb_model",
)
_BOOLEANS = ("ephemeral_encryption", "locked_memory", "mem_encryption", "pmu", "virtio_packed_ring")
_MULTIQUEUE = "vif_multiqueue_enabled"


def _texts_differ(guest: Guest, spec: str, key: str) -> str:
    flavor, image = guest.specs.get(spec), guest.properties.get(key)
    if not flavor or not image or flavor.strip() == image.strip():
        return ""
    return f"the flavor says {spec}: {flavor}, and the image {key}: {image}"


def _booleans_differ(guest: Guest, spec: str, key: str) -> str:
    if spec == f"hw:{_MULTIQUEUE}" and guest.vcpus < 2:
        return ""  # one queue, whatever anybody says
    flavor, image = guest.specs.get(spec), guest.properties.get(key)
    if flavor is None or image is None or is_true(flavor) is is_true(image):
        return ""
    return f"the flavor says {spec}: {flavor}, and the image {key}: {image}"


def _tpm(guest: Guest) -> str:
    version, model = (
        guest.specs.get(f"hw:tpm_{what}") or guest.properties.get(f"hw_tpm_{what}") for what in ("version", "model")
    )
    if not version or model != "tpm-crb" or version == "2.0":
        return ""
    return f"TPM model tpm-crb is for version 2.0 only, and the version is {version}"


def _serial_ports(guest: Guest) -> str:
    flavor = int(guest.specs.get("hw:serial_port_count", 0))
    image = int(guest.properties.get("hw_serial_port_count", 0))
    return (
        f"the image asks for {image} serial ports, and the flavor allows {flavor}" if flavor and image > flavor else ""
    )


def _same(spec: str, key: str, differ: Callable[..., str]) -> Rule:
    help_text = "say it in one of them, or the same in both"
    wrong = partial(differ, spec=spec, key=key)
    return Rule(ids.FLAVOR_AND_IMAGE, key, wrong, (spec,), (key,), help_text)


_TPM = (("hw:tpm_model", "hw:tpm_version"), ("hw_tpm_model", "hw_tpm_version"))

RULES = (
    *(_same(f"hw:{key}", f"hw_{key}", _texts_differ) for key in _TEXTS),
    _same("os:secure_boot", "os_secure_boot", _texts_differ),
    *(_same(f"hw:{key}", f"hw_{key}", _booleans_differ) for key in (*_BOOLEANS, _MULTIQUEUE)),
    _same("hw:hide_hypervisor_id", "img_hide_hypervisor_id", _booleans_differ),
    Rule(ids.TPM, "tpm", _tpm, *_TPM),
    Rule(ids.SERIAL_PORTS, "serial_ports", _serial_ports, ("hw:serial_port_count",), ("hw_serial_port_count",)),
)
