# SPDX-License-Identifier: GPL-3.0-or-later
"""Which virtualisation type new domains get on a host, and why. Talks to libvirtd; may start a QEMU once."""

from __future__ import annotations

from .boot_proof import prove_kvm
from .virt_types import KVM, QEMU, TEST

AUTO = "auto"
_PROVABLE = ("x86_64", "i686")


def choose_virt_type(host, wanted):
    # type: (object, str) -> tuple
    """Return (virt type, reason); ``wanted`` is ``auto`` or what the operator said."""
    if host.connection.hypervisor() == "TEST":
        return TEST, "libvirt's test driver"
    if wanted != AUTO:
        return wanted, "said by novalite_virt_type"
    arch = host.connection.capabilities().findtext("host/cpu/arch") or ""
    if arch not in _PROVABLE:
        return QEMU, "kvm cannot be proven on %s: set novalite_virt_type to kvm where it works" % arch
    capabilities = host.connection.domain_capabilities(arch, KVM)
    if capabilities is None:
        return QEMU, "libvirt does not offer kvm here"
    works, reason = prove_kvm(
        host.state_dir, capabilities.findtext("path") or "qemu-system-x86_64", host.connection.versions()["hypervisor"]
    )
    return (KVM if works else QEMU), reason
