# SPDX-License-Identifier: GPL-3.0-or-later
"""Which extra specs and image properties there are, and what their values may be. Pure.

Source: nova/api/validation/extra_specs/*.py (keys and values); nova/objects/image_meta.py (properties, old spellings).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from novalite.spec.consistency.kinds import boolean, cpus, free, one_of, page_size, whole

if TYPE_CHECKING:
    from novalite.spec.consistency.kinds import Kind

_POSITIVE = whole(1)
_CPU_POLICY = one_of("dedicated", "mixed", "shared")
_THREADS = one_of("isolate", "prefer", "require")
_ENCRYPTION = one_of("amd-sev", "amd-sev-es", "amd-sev-snp", "intel-tdx")
_WATCHDOG = one_of("disabled", "none", "pause", "poweroff", "reset")
_AFFINITY = one_of("legacy", "preferred", "required", "socket")
_SOUND = one_of("ac97", "es1370", "ich6", "ich9", "pcspk", "sb16", "usb", "virtio")
_USB = one_of("nec-xhci", "none", "qemu-xhci")
_VIOMMU = one_of("auto", "intel", "smmuv3", "virtio")
_BUS = one_of("fdc", "ide", "lxc", "sata", "scsi", "uml", "usb", "virtio", "xen")
_LUKS = one_of("luks", "luksv2", "plain")

# What flavor and image both may say: hw:KEY and hw_KEY.
_BOTH: dict[str, Kind] = {
    "boot_menu": boolean,
    "cpu_cores": _POSITIVE,
    "cpu_max_cores": _POSITIVE,
    "cpu_max_sockets": _POSITIVE,
    "cpu_max_threads": _POSITIVE,
    "cpu_policy": _CPU_POLICY,
    "cpu_realtime_mask": cpus,
    "cpu_sockets": _POSITIVE,
    "cpu_thread_policy": _THREADS,
    "cpu_threads": _POSITIVE,
    "ephemeral_encryption": boolean,
    "ephemeral_encryption_format": _LUKS,
    "locked_memory": boolean,
    "maxphysaddr_bits": _POSITIVE,
    "maxphysaddr_mode": one_of("emulate", "passthrough"),
    "mem_encryption": boolean,
    "mem_encryption_model": _ENCRYPTION,
    "mem_page_size": page_size,
    "numa_nodes": whole(1, 128),
    "pci_numa_affinity_policy": _AFFINITY,
    "pmu": boolean,
    "redirected_usb_ports": whole(0, 15),
    "serial_port_count": whole(0),
    "sound_model": _SOUND,
    "tpm_model": one_of("tpm-crb", "tpm-tis"),
    "tpm_version": one_of("1.2", "2.0"),
    "usb_model": _USB,
    "vif_multiqueue_enabled": boolean,
    "viommu_model": _VIOMMU,
    "virtio_packed_ring": boolean,
    "watchdog_action": _WATCHDOG,
}
_NUMBERED: dict[str, Kind] = {"numa_cpus": cpus, "numa_mem": _POSITIVE}  # hw:numa_cpus.0, hw_numa_cpus.0
_NUMBER = re.compile(r"(\w+)\.(0|[1-9][0-9]{0,2})")

EXTRA_SPECS: dict[str, Kind] = {
    **{f"hw:{key}": kind for key, kind in _BOTH.items()},
    "hw:cpu_dedicated_mask": cpus,
    "hw:cpu_realtime": boolean,
    "hw:emulator_threads_policy": one_of("isolate", "share"),
    "hw:hide_hypervisor_id": boolean,
    "hw:pmem": free,
    "hw:tpm_secret_security": one_of("deployment", "host", "user"),
    "hw_rng:allowed": boolean,
    "hw_rng:rate_bytes": whole(0),
    "hw_rng:rate_period": whole(0),
    "hw_video:ram_max_mb": whole(0),
    "os:secure_boot": one_of("disabled", "optional", "required"),
    "accel:device_profile": free,
    "pci_passthrough:alias": free,  # spec/nouns/pci_alias.py
    "quota:cpu_shares": whole(0),
    "quota:cpu_period": whole(0),
    "quota:cpu_quota": whole(None),
    **{f"quota:disk_{way}_{unit}_sec": whole(0) for way in ("read", "write", "total") for unit in ("bytes", "iops")},
    **{f"quota:vif_{way}_{what}": whole(0) for way in ("inbound", "outbound") for what in ("average", "peak", "burst")},
    **{  # VMware's
        f"quota:{what}_{key}": free
        for what in ("cpu", "memory", "disk_io", "vif")
        for key in ("limit", "reservation", "shares_level", "shares_share")
    },
}
NAMESPACES = ("hw:", "hw_rng:", "hw_video:", "os:", "accel:", "pci_passthrough:", "quota:")

PROPERTIES: dict[str, Kind] = {
    **{f"hw_{key}": kind for key, kind in _BOTH.items()},
    "hw_architecture": free,
    "hw_auto_disk_config": free,
    "hw_cdrom_bus": _BUS,
    "hw_device_id": whole(0),
    "hw_disk_bus": _BUS,
    "hw_disk_type": free,
    "hw_emulation_architecture": free,
    "hw_ephemeral_encryption_secret_uuid": free,
    "hw_firmware_stateless": boolean,
    "hw_firmware_type": one_of("bios", "uefi"),
    "hw_floppy_bus": _BUS,
    "hw_input_bus": one_of("usb", "virtio"),
    "hw_ipxe_boot": boolean,
    "hw_machine_type": free,
    "hw_pointer_model": one_of("usbtablet"),
    "hw_qemu_guest_agent": boolean,
    "hw_rescue_bus": _BUS,
    "hw_rescue_device": one_of("cdrom", "disk", "floppy", "fs", "lun"),
    "hw_rng_model": one_of("virtio"),
    "hw_scsi_model": one_of("buslogic", "ibmvscsi", "lsilogic", "lsisas1068", "lsisas1078", "virtio-scsi", "vmpvscsi"),
    "hw_time_hpet": boolean,
    "hw_video_model": one_of("bochs", "cirrus", "gop", "none", "qxl", "vga", "virtio", "vmvga", "xen"),
    "hw_video_ram": whole(0),
    "hw_vif_model": free,
    "hw_vm_mode": one_of("exe", "hvm", "uml", "xen"),
    "img_config_drive": one_of("mandatory", "optional"),
    "img_hide_hypervisor_id": boolean,
    "novalite_seed": one_of("config-drive", "nocloud", "ignition"),
    "os_require_quiesce": boolean,
    "os_secure_boot": one_of("disabled", "optional", "required"),
    "os_type": one_of("linux", "windows"),
}
# Spellings of before 2015 that Nova still reads, and what they are called today.
OLD_PROPERTIES = {
    "architecture": "hw_architecture",
    "auto_disk_config": "hw_auto_disk_config",
    "bdm_v2": "img_bdm_v2",
    "block_device_mapping": "img_block_device_mapping",
    "cache_in_nova": "img_cache_in_nova",
    "hypervisor_type": "img_hv_type",
    "hypervisor_version_requires": "img_hv_requested_version",
    "ipxe_boot": "hw_ipxe_boot",
    "mappings": "img_mappings",
    "owner_id": "img_owner_id",
    "root_device_name": "img_root_device_name",
    "vm_mode": "hw_vm_mode",
    "vmware_disktype": "hw_disk_type",
    "vmware_image_version": "img_version",
    "vmware_linked_clone": "img_linked_clone",
    "vmware_ostype": "os_distro",
    "xenapi_device_id": "hw_device_id",
    "xenapi_image_compression_level": "img_compression_level",
    "xenapi_use_agent": "img_use_agent",
}
# What the scheduler obeys, besides what domains are built by.
SCHEDULED = frozenset(
    (
        "cpu_dedicated_mask",
        "cpu_policy",
        "cpu_thread_policy",
        "emulator_threads_policy",
        "mem_page_size",
        "numa_nodes",
        "pci_numa_affinity_policy",
    )
)


def kind_of_spec(key: str) -> Kind | None:
    """Return the kind of an extra spec's value, None for one that is not known."""
    return EXTRA_SPECS.get(key) or _numbered(key, "hw:")


def kind_of_property(key: str) -> Kind | None:
    """Return the kind of an image property's value, None for one that is not known."""
    return PROPERTIES.get(key) or _numbered(key, "hw_")


def is_scheduled(key: str) -> bool:
    """Tell whether an extra spec or a property decides where an instance may live."""
    bare = key.removeprefix("hw:").removeprefix("hw_")
    return bare in SCHEDULED or key == "pci_passthrough:alias" or bool(_numbered(key, key[:3]))


def _numbered(key: str, prefix: str) -> Kind | None:
    found = _NUMBER.fullmatch(key.removeprefix(prefix)) if key.startswith(prefix) else None
    return _NUMBERED.get(found[1]) if found else None
