# SPDX-License-Identifier: GPL-3.0-or-later
"""Image properties that Nova knows, and how two values of one are compared. Pure.

Source: nova/objects/image_meta.py, ImageMetaProps; nova/objects/fields.py (canonicalize).
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BOOLEANS = _words(
    """hw_boot_menu hw_ephemeral_encryption hw_firmware_stateless hw_ipxe_boot hw_locked_memory hw_mem_encryption hw_pmu
    hw_qemu_guest_agent hw_time_hpet hw_vif_multiqueue_enabled hw_virtio_packed_ring img_bdm_v2 img_bittorrent
    img_cache_in_nova img_hide_hypervisor_id img_linked_clone img_use_agent os_require_quiesce
    os_skip_agent_inject_files_at_boot os_skip_agent_inject_ssh"""
)
INTEGERS = _words(
    """hw_cpu_cores hw_cpu_max_cores hw_cpu_max_sockets hw_cpu_max_threads hw_cpu_sockets hw_cpu_threads hw_device_id
    hw_maxphysaddr_bits hw_numa_nodes hw_redirected_usb_ports hw_serial_port_count hw_video_ram img_compression_level
    img_version"""
)
_TEXTS = _words(
    """hw_architecture hw_auto_disk_config hw_cdrom_bus hw_cpu_policy hw_cpu_realtime_mask hw_cpu_thread_policy
    hw_disk_bus hw_disk_type hw_emulation_architecture hw_ephemeral_encryption_format
    hw_ephemeral_encryption_secret_uuid hw_firmware_type hw_floppy_bus hw_input_bus hw_machine_type hw_maxphysaddr_mode
    hw_mem_encryption_model hw_mem_page_size hw_pci_numa_affinity_policy hw_pointer_model hw_rescue_bus hw_rescue_device
    hw_rng_model hw_scsi_model hw_sound_model hw_tpm_model hw_tpm_version hw_usb_model hw_video_model hw_vif_model
    hw_viommu_model hw_vm_mode hw_watchdog_action img_config_drive img_hv_requested_version img_hv_type img_owner_id
    img_root_device_name img_signature img_signature_certificate_uuid img_signature_hash_method
    img_signature_key_type novalite_seed os_admin_user os_command_line os_distro os_secure_boot os_type"""
)
KNOWN = BOOLEANS | INTEGERS | _TEXTS

ARCHITECTURES = _words(
    """aarch64 alpha armv6 armv7l armv7b cris i686 ia64 lm32 loongarch64 m68k microblaze microblazeel mips mips64
    mips64el mipsel openrisc parisc parisc64 ppc ppc64 ppc64le ppcemb ppcle riscv64 s390 s390x sh4 sh4eb sparc
    sparc64 unicore32 x86_64 xtensa xtensaeb"""
)
HYPERVISORS = _words(
    """baremetal bhyve docker fake hyperv ironic kqemu kvm lxc lxd openvz parallels phyp prsm qemu test uml vbox vmware
    vz xen zvm"""
)

_TRUE = frozenset(("1", "t", "true", "on", "y", "yes"))
_FALSE = frozenset(("0", "f", "false", "off", "n", "no"))
_ARCHITECTURES = {"i386": "i686", "i486": "i686", "i586": "i686", "x86_32": "i686", "x86_32p": "i686"}
_ARCHITECTURES |= {"amd64": "x86_64"}
_MODES = {"pv": "xen", "hv": "hvm", "baremetal": "hvm"}
_PREDICATE = re.compile(r"\s*(<=|>=|<|>|!=|==)\s*([0-9]+(?:\.[0-9]+)*)\s*")

Version = tuple[int, ...]


def same_value(name: str, text: str) -> str:
    """Return a text that is equal for values of a property that mean the same (``yes`` and ``True``)."""
    low = text.strip().lower()
    if name in BOOLEANS and low in _TRUE | _FALSE:
        return "true" if low in _TRUE else "false"
    if name in INTEGERS and low.isascii() and low.removeprefix("-").isdigit():
        return str(int(low))
    if name.endswith("_architecture"):
        return architecture(low)
    return text.strip()


def architecture(name: str) -> str:
    """Return the one name of an architecture: ``amd64`` is ``x86_64``."""
    return _ARCHITECTURES.get(name.lower(), name.lower())


def hypervisor_type(name: str) -> str:
    """Return the one name of a hypervisor."""
    return "xen" if name.lower() == "xapi" else name.lower()


def vm_mode(name: str) -> str:
    """Return the one name of a VM mode."""
    return _MODES.get(name.lower(), name.lower())


def version_from_number(number: int) -> Version:
    """Return the parts of a version as libvirt counts it: 7002022 is 7.2.22."""
    parts: list[int] = []
    while number:
        number, part = divmod(number, 1000)
        parts.insert(0, part)
    return tuple(parts)


def predicate_from_text(text: str) -> tuple[tuple[str, Version], ...] | None:
    """Return the comparisons of a version predicate such as ``>=6.0,<8``; None where it is none."""
    found = [_PREDICATE.fullmatch(part) for part in text.split(",")]
    if not all(found):
        return None
    return tuple((match[1], tuple(map(int, match[2].split(".")))) for match in found if match)


def satisfies(version: Version, predicate: tuple[tuple[str, Version], ...]) -> bool:
    """Tell whether a version is as asked; missing parts are 0."""
    return all(_compare(version, sign, other) for sign, other in predicate)


def _compare(version: Version, sign: str, other: Version) -> bool:
    size = max(len(version), len(other))
    left, right = (each + (0,) * (size - len(each)) for each in (version, other))
    return {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
        "==": left == right,
        "!=": left != right,
    }[sign]
