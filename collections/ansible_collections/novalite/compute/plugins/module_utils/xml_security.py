# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a guest's secrets: TPM, encrypted memory. Both ways, pure.

The TPM's state lies with libvirt, on the host, as its NVRAM does. Nova encrypts it with a secret of the key manager;
this version has none, so who reads the host's disks reads it. Source: nova/virt/libvirt/driver.py, _add_vtpm_device.
"""

from __future__ import annotations

from .memory_encryption import LAUNCH, model_of
from .virt_types import TEST
from .wishes import wish
from .xml_tools import add

_TPM = "tpm-tis"  # Nova's default for a guest that says only the version


def wanted(spec, virt_type):
    # type: (dict, str) -> dict
    """Return the devices of a spec."""
    found = {}
    if virt_type == TEST:
        return found
    version = wish(spec, "tpm_version")
    if version is not None:
        found["tpm"] = [wish(spec, "tpm_model") or _TPM, version]
    model = model_of(spec)
    if model is not None:
        found["launch_security"] = list(LAUNCH[model])
    return found


def write(domain, devices, hardware):
    # type: (object, object, dict) -> None
    """Write ``<tpm>`` and ``<launchSecurity>``."""
    if "tpm" in hardware:
        model, version = hardware["tpm"]
        add(add(devices, "tpm", {"model": model}), "backend", {"type": "emulator", "version": version})
    if "launch_security" in hardware:
        kind, policy = hardware["launch_security"]
        add(add(domain, "launchSecurity", {"type": kind}), "policy", text=policy)


def read(seen):
    # type: (object) -> dict
    """Return the devices of a domain."""
    found = {}
    tpm = seen.device("tpm")
    if tpm is not None:
        backend = tpm.find("backend")
        found["tpm"] = [tpm.get("model"), None if backend is None else backend.get("version")]
    launch = seen.top.get("launchSecurity")
    if launch is not None:
        policy = launch.findtext("policy")
        kind = launch.get("type")
        digits = 8 if kind == "sev-snp" else 4
        found["launch_security"] = [kind, "0x%0*x" % (digits, int(policy, 0)) if policy else None]
    return found
