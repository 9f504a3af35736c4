# SPDX-License-Identifier: GPL-3.0-or-later
"""Which devices and firmware a host's QEMU has, from the one document of its domain capabilities. Pure.

Source: nova/virt/libvirt/host.py: supports_secure_boot, tpm_models, tpm_versions, supports_amd_sev.
"""

from __future__ import annotations


def read_devices(document):
    # type: (object) -> dict
    """Return what there is, of ``firmwares``, ``firmware``, ``devices`` and ``memory_encryption``; ``document`` may be
    None.
    """
    if document is None:
        return {"firmwares": []}
    found = {"firmwares": sorted(set(_values(document, "os/enum[@name='firmware']")) | {"bios"})}
    loaders = [value.text for value in document.findall("os/loader/value")]
    if loaders:
        secure = "yes" in _values(document, "os/loader/enum[@name='secure']")
        found["firmware"] = {"secure_boot": secure, "loaders": loaders}
    devices = {"video": sorted(_values(document, "devices/video/enum[@name='modelType']"))}
    # An emulated TPM is swtpm's, which need not be installed.
    if "emulator" in _values(document, "devices/tpm[@supported='yes']/enum[@name='backendModel']"):
        devices["tpm"] = sorted(_values(document, "devices/tpm/enum[@name='model']"))
        devices["tpm_versions"] = sorted(_values(document, "devices/tpm/enum[@name='backendVersion']"))
    devices = {name: values for name, values in devices.items() if values}
    if devices:
        found["devices"] = devices
    sev = document.find("features/sev[@supported='yes']")
    if sev is not None:
        guests = {name: int(sev.findtext(tag) or 0) for name, tag in (("sev", "maxGuests"), ("sev_es", "maxESGuests"))}
        found["memory_encryption"] = guests
    return found


def read_supported(capabilities, virt_type):
    # type: (object, str) -> list
    """Return (architecture, type, VM mode) of the guests that can run here; kvm only where it does run."""
    found = {
        (arch.get("name"), domain.get("type"), guest.findtext("os_type"))
        for guest in capabilities.findall("guest")
        for arch in guest.findall("arch")
        for domain in arch.findall("domain")
    }
    return sorted(list(row) for row in found if row[1] != "kvm" or virt_type == "kvm")


def _values(document, path):
    # type: (object, str) -> list
    return [value.text for value in document.findall(path + "/value")]
