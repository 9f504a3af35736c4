# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's facts say it can do, as traits. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.model.trait import trait_from_text
from novalite.observe.nonsense import get_mapping, get_texts, get_usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from novalite.model.numa import HostCell

# libvirt's CPU feature -> trait. Source: nova/virt/libvirt/utils.py, CPU_TRAITS_MAPPING.
CPU_FEATURES = {
    "3dnow": "HW_CPU_X86_3DNOW",
    "abm": "HW_CPU_X86_ABM",
    "aes": "HW_CPU_X86_AESNI",
    "amd-no-ssb": "HW_CPU_X86_AMD_NO_SSB",
    "amd-ssbd": "HW_CPU_X86_AMD_SSBD",
    "amx-bf16": "HW_CPU_X86_AMXBF16",
    "amx-int8": "HW_CPU_X86_AMXINT8",
    "amx-tile": "HW_CPU_X86_AMXTILE",
    "avx": "HW_CPU_X86_AVX",
    "avx2": "HW_CPU_X86_AVX2",
    "avx512-vbmi2": "HW_CPU_X86_AVX512VBMI2",
    "avx512-vnni": "HW_CPU_X86_AVX512VNNI",
    "avx512-vpopcntdq": "HW_CPU_X86_AVX512VPOPCNTDQ",
    "avx512bitalg": "HW_CPU_X86_AVX512BITALG",
    "avx512bw": "HW_CPU_X86_AVX512BW",
    "avx512cd": "HW_CPU_X86_AVX512CD",
    "avx512dq": "HW_CPU_X86_AVX512DQ",
    "avx512er": "HW_CPU_X86_AVX512ER",
    "avx512f": "HW_CPU_X86_AVX512F",
    "avx512ifma": "HW_CPU_X86_AVX512IFMA",
    "avx512pf": "HW_CPU_X86_AVX512PF",
    "avx512vbmi": "HW_CPU_X86_AVX512VBMI",
    "avx512vbmi2": "HW_CPU_X86_AVX512VBMI2",
    "avx512vl": "HW_CPU_X86_AVX512VL",
    "avx512vnni": "HW_CPU_X86_AVX512VNNI",
    "bmi1": "HW_CPU_X86_BMI",
    "bmi2": "HW_CPU_X86_BMI2",
    "f16c": "HW_CPU_X86_F16C",
    "fma": "HW_CPU_X86_FMA3",
    "fma4": "HW_CPU_X86_FMA4",
    "gfni": "HW_CPU_X86_AVX512GFNI",
    "hle": "HW_CPU_X86_TSX",
    "ibpb": "HW_CPU_X86_AMD_IBPB",
    "md-clear": "HW_CPU_X86_INTEL_MD_CLEAR",
    "mmx": "HW_CPU_X86_MMX",
    "mpx": "HW_CPU_X86_MPX",
    "pcid": "HW_CPU_X86_INTEL_PCID",
    "pclmuldq": "HW_CPU_X86_CLMUL",
    "pclmulqdq": "HW_CPU_X86_CLMUL",
    "pdpe1gb": "HW_CPU_X86_PDPE1GB",
    "pni": "HW_CPU_X86_SSE3",
    "rtm": "HW_CPU_X86_TSX",
    "sgx": "HW_CPU_X86_SGX",
    "sha-ni": "HW_CPU_X86_SHA",
    "spec-ctrl": "HW_CPU_X86_INTEL_SPEC_CTRL",
    "sse": "HW_CPU_X86_SSE",
    "sse2": "HW_CPU_X86_SSE2",
    "sse3": "HW_CPU_X86_SSE3",
    "sse4.1": "HW_CPU_X86_SSE41",
    "sse4.2": "HW_CPU_X86_SSE42",
    "sse4a": "HW_CPU_X86_SSE4A",
    "ssbd": "HW_CPU_X86_INTEL_SSBD",
    "ssse3": "HW_CPU_X86_SSSE3",
    "stibp": "HW_CPU_X86_STIBP",
    "svm": "HW_CPU_X86_SVM",
    "tbm": "HW_CPU_X86_TBM",
    "vaes": "HW_CPU_X86_AVX512VAES",
    "virt-ssbd": "HW_CPU_X86_AMD_VIRT_SSBD",
    "vmx": "HW_CPU_X86_VMX",
    "vpclmulqdq": "HW_CPU_X86_AVX512VPCLMULQDQ",
    "xop": "HW_CPU_X86_XOP",
}

FIRMWARES = {"bios": "COMPUTE_FIRMWARE_BIOS", "efi": "COMPUTE_FIRMWARE_UEFI"}

# What every QEMU we drive can attach. Source: nova/virt/libvirt/driver.py: _get_storage_bus_traits and the like.
_ALWAYS = frozenset(
    {"COMPUTE_NODE", "COMPUTE_IMAGE_TYPE_QCOW2", "COMPUTE_IMAGE_TYPE_RAW"}
    | {f"COMPUTE_STORAGE_BUS_{bus}" for bus in ("FDC", "SATA", "SCSI", "USB", "VIRTIO")}
    | {f"COMPUTE_NET_VIF_MODEL_{model}" for model in ("E1000", "E1000E", "PCNET", "RTL8139", "VIRTIO")}
)


def traits_of_host(
    arch: str, cpu_features: Iterable[str], firmwares: Iterable[str], machines: Iterable[str]
) -> frozenset[str]:
    """Return the traits that follow from a host's facts; features without a trait are left out."""
    found = set(_ALWAYS)
    found |= {CPU_FEATURES[feature] for feature in cpu_features if feature in CPU_FEATURES}
    found |= {FIRMWARES[firmware] for firmware in firmwares if firmware in FIRMWARES}
    if "pc" in machines:  # the q35 machine has no IDE controller
        found.add("COMPUTE_STORAGE_BUS_IDE")
    if arch:
        found |= {"HW_ARCH_" + trait_from_text(arch), "COMPUTE_ARCH_" + trait_from_text(arch)}
    return frozenset(found)


_VIDEO = {"bochs", "cirrus", "gop", "none", "qxl", "vga", "virtio", "vmvga", "xen"}
_TPM = {"tpm-tis": "COMPUTE_SECURITY_TPM_TIS", "tpm-crb": "COMPUTE_SECURITY_TPM_CRB"}
_TPM_VERSIONS = {"1.2": "COMPUTE_SECURITY_TPM_1_2", "2.0": "COMPUTE_SECURITY_TPM_2_0"}
_ENCRYPTION = {"sev": "HW_CPU_X86_AMD_SEV", "sev_es": "HW_CPU_X86_AMD_SEV_ES"}

# (libvirt's version, QEMU's) from which on a host can, and the traits. Source: nova/virt/libvirt/driver.py, MIN_*.
_SINCE = (
    ((6_003_000, 4_002_000), ("COMPUTE_NET_VIRTIO_PACKED",)),
    ((8_003_000, 0), ("COMPUTE_VIOMMU_MODEL_VIRTIO",)),
    ((8_006_000, 0), ("COMPUTE_SECURITY_STATELESS_FIRMWARE",)),
    ((8_007_000, 2_007_000), ("COMPUTE_ADDRESS_SPACE_PASSTHROUGH", "COMPUTE_ADDRESS_SPACE_EMULATED")),
    ((10_004_000, 8_002_000), ("COMPUTE_SOUND_MODEL_VIRTIO",)),
)
_QEMU = frozenset(
    {f"COMPUTE_SOUND_MODEL_{model}" for model in ("SB16", "ES1370", "PCSPK", "AC97", "ICH6", "ICH9", "USB")}
    | {f"COMPUTE_USB_MODEL_{model}" for model in ("QEMU_XHCI", "NEC_XHCI")}
    | {"COMPUTE_VIOMMU_MODEL_AUTO", "COMPUTE_SOCKET_PCI_NUMA_AFFINITY"}
)
_VIOMMU = {"x86_64": "COMPUTE_VIOMMU_MODEL_INTEL", "aarch64": "COMPUTE_VIOMMU_MODEL_SMMUV3"}


def traits_of_hardware(facts: Mapping[str, Any], numa: Iterable[HostCell]) -> frozenset[str]:
    """Return the traits that follow from what a host's QEMU can attach; of one that does not tell, none."""
    found: set[str] = set()
    if any(len(threads) > 1 for cell in numa for threads in cell.siblings):
        found.add("HW_CPU_HYPERTHREADING")
    if "supported" not in facts or facts.get("virt_type") == "test":
        return frozenset(found)
    found |= _QEMU
    if facts.get("arch") in _VIOMMU:
        found.add(_VIOMMU[facts["arch"]])
    versions = get_mapping(facts, "versions")
    for (libvirt, hypervisor), traits in _SINCE:
        if versions.get("libvirt", 0) >= libvirt and versions.get("hypervisor", 0) >= hypervisor:
            found.update(traits)
    devices = get_mapping(facts, "devices")
    found |= {f"COMPUTE_GRAPHICS_MODEL_{model.upper()}" for model in get_texts(devices, "video") if model in _VIDEO}
    found |= {_TPM[model] for model in get_texts(devices, "tpm") if model in _TPM}
    found |= {_TPM_VERSIONS[version] for version in get_texts(devices, "tpm_versions") if version in _TPM_VERSIONS}
    if get_mapping(facts, "firmware").get("secure_boot") is True:
        found.add("COMPUTE_SECURITY_UEFI_SECURE_BOOT")
    found |= {_ENCRYPTION[name] for name, guests in get_usage(facts, "memory_encryption").items() if guests}
    return frozenset(found)
