# SPDX-License-Identifier: GPL-3.0-or-later
"""Guest hardware that not every host can give: the traits that its host must have, or must not have. Pure.

``flavor`` and ``properties`` are those of an instance spec. Where the flavor and the image contradict each other the
flavor goes first; ``validate`` refuses that before (Nova raises).
Source: nova/scheduler/utils.py, ResourceRequest._translate_*; nova/virt/hardware.py, get_*_constraint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.shared import amounts

if TYPE_CHECKING:
    from collections.abc import Callable

    Spec = dict[str, Any]
    Properties = dict[str, str]

HYPERTHREADING = "HW_CPU_HYPERTHREADING"

_MEMORY_ENCRYPTION = {
    "amd-sev": "HW_CPU_X86_AMD_SEV",
    "amd-sev-es": "HW_CPU_X86_AMD_SEV_ES",
    "amd-sev-snp": "HW_CPU_X86_AMD_SEV_SNP",
    "intel-tdx": "HW_CPU_X86_INTEL_TDX",
}
_TPM_VERSIONS = {"1.2": "COMPUTE_SECURITY_TPM_1_2", "2.0": "COMPUTE_SECURITY_TPM_2_0"}
_TPM_MODELS = {"tpm-tis": "COMPUTE_SECURITY_TPM_TIS", "tpm-crb": "COMPUTE_SECURITY_TPM_CRB"}
_ADDRESS_SPACES = {
    "passthrough": "COMPUTE_ADDRESS_SPACE_PASSTHROUGH",
    "emulate": "COMPUTE_ADDRESS_SPACE_EMULATED",
}


def traits_of_hardware(flavor: Spec, properties: Properties) -> tuple[frozenset[str], frozenset[str]]:
    """Return the traits that a host must have, and those that it must not have."""
    required = frozenset(trait for rule in RULES for trait in rule(flavor, properties))
    policy = amounts.said(flavor, properties, "cpu_thread_policy")
    both = {"require": (required | {HYPERTHREADING}, frozenset()), "isolate": (required, frozenset({HYPERTHREADING}))}
    return both.get(policy, (required, frozenset()))


def tpm_version(flavor: Spec, properties: Properties) -> str | None:
    """Return the version of the TPM that a guest gets; None for no TPM."""
    version: str | None = amounts.said(flavor, properties, "tpm_version")
    return version


def _tpm(flavor: Spec, properties: Properties) -> list[str]:
    version = tpm_version(flavor, properties)
    if version is None:
        return []
    model = amounts.said(flavor, properties, "tpm_model") or "tpm-tis"
    return [table[value] for table, value in ((_TPM_MODELS, model), (_TPM_VERSIONS, version)) if value in table]


def _memory_encryption(flavor: Spec, properties: Properties) -> list[str]:
    if not amounts.wants(flavor, properties, "mem_encryption"):
        return []
    model = amounts.said(flavor, properties, "mem_encryption_model") or "amd-sev"
    return [_MEMORY_ENCRYPTION[model]] if model in _MEMORY_ENCRYPTION else []


def _secure_boot(flavor: Spec, properties: Properties) -> list[str]:
    required = amounts.said(flavor, properties, "secure_boot", "os") == "required"
    return ["COMPUTE_SECURITY_UEFI_SECURE_BOOT"] if required else []


def _pci_affinity(flavor: Spec, properties: Properties) -> list[str]:
    socket = amounts.said(flavor, properties, "pci_numa_affinity_policy") == "socket"
    return ["COMPUTE_SOCKET_PCI_NUMA_AFFINITY"] if socket else []


def _address_space(flavor: Spec, properties: Properties) -> list[str]:
    mode = amounts.said(flavor, properties, "maxphysaddr_mode")
    return [_ADDRESS_SPACES[mode]] if mode in _ADDRESS_SPACES else []


def _stateless_firmware(flavor: Spec, properties: Properties) -> list[str]:  # noqa: ARG001
    """Ask nothing for another firmware than UEFI, where Nova ignores the property."""
    stateless = amounts.is_true(properties.get("hw_firmware_stateless"))
    uefi = properties.get("hw_firmware_type") == "uefi"
    return ["COMPUTE_SECURITY_STATELESS_FIRMWARE"] if stateless and uefi else []


RULES: tuple[Callable[[Spec, Properties], list[str]], ...] = (
    _tpm,
    _memory_encryption,
    _secure_boot,
    _pci_affinity,
    _address_space,
    _stateless_firmware,
)
