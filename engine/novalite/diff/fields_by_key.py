# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of one extra spec or image property costs: rules by key, the first that matches. Pure."""

from __future__ import annotations

import re

import attrs

from novalite.diff.fields import COLD, GROW, HOT, LIMITED, PLACED, REBUILD, Classes, Field, FieldClass, always

EXTRA_SPECS, PROPERTIES = "flavor.extra_specs", "image.properties"


@attrs.frozen(slots=True)
class KeyRule:
    """``keys`` as people read it, ``pattern`` as it is matched (whole)."""

    section: str
    keys: str
    pattern: re.Pattern[str]
    classes: Classes
    reason: str
    limit: str = ""


_LIMITS = "limits can be set at any time"
_GIVEN = "it decides which CPUs, cells and devices of its host it was given at birth"
_CHOICE = "it decides on which hosts it may live"
_HARDWARE = "guest hardware is made when its QEMU starts"
_TPM = "the secrets in its TPM"
_NOTHING = "nothing goes by it after birth"
_REPLACE = always(FieldClass.REPLACE)
_IN_PLACE = always(FieldClass.IN_PLACE)


def _rule(section: str, keys: str, pattern: str, classes: Classes, reason: str, limit: str = "") -> KeyRule:
    return KeyRule(section, keys, re.compile(pattern), classes, reason, limit)


_GIVEN_SPECS = (
    r"hw:(cpu_policy|cpu_thread_policy|emulator_threads_policy|cpu_dedicated_mask|cpu_realtime|cpu_realtime_mask"
    r"|numa_.*|mem_page_size|pci_numa_affinity_policy|pmem)|pci_passthrough:alias"
)
_GIVEN_PROPERTIES = (
    r"hw_(cpu_policy|cpu_thread_policy|emulator_threads_policy|cpu_realtime_mask|numa_.*|mem_page_size"
    r"|pci_numa_affinity_policy)"
)

RULES = (
    _rule(
        EXTRA_SPECS, "quota:cpu_shares, _period, _quota", r"quota:cpu_(shares|period|quota)", LIMITED, _LIMITS, "quota"
    ),
    _rule(
        EXTRA_SPECS, "quota:disk_*_sec, quota:vif_*bound_*", r"quota:(disk_.*_sec|vif_(in|out)bound_.*)", HOT, _LIMITS
    ),
    _rule(EXTRA_SPECS, "quota:* (others)", r"quota:.*", _IN_PLACE, _NOTHING),
    _rule(
        EXTRA_SPECS,
        "hw:cpu_policy, hw:cpu_thread_policy, hw:emulator_threads_policy, hw:cpu_dedicated_mask, hw:cpu_realtime*, "
        "hw:numa_*, hw:mem_page_size, hw:pci_numa_affinity_policy, hw:pmem, pci_passthrough:alias",
        _GIVEN_SPECS,
        _REPLACE,
        _GIVEN,
    ),
    _rule(EXTRA_SPECS, "hw:tpm_*", r"hw:tpm_.*", GROW, _TPM, "tpm"),
    _rule(
        EXTRA_SPECS,
        "trait*, any_trait*, resources*, group_policy, same_subtree, accel:*, capabilities:*, "
        "aggregate_instance_extra_specs:*",
        r"(any_)?trait.*|resources.*|group_policy|same_subtree|accel:.*|capabilities:.*"
        r"|aggregate_instance_extra_specs:.*",
        PLACED,
        _CHOICE,
    ),
    _rule(EXTRA_SPECS, "hw:*, hw_rng:*, hw_video:*, os:*", r"hw(_rng|_video)?:.*|os:.*", COLD, _HARDWARE),
    _rule(EXTRA_SPECS, "hide_hypervisor_id", r"hide_hypervisor_id", COLD, _HARDWARE),
    _rule(EXTRA_SPECS, "keys without a scope, and of nobody", r".*", PLACED, _CHOICE),
    _rule(
        PROPERTIES,
        "hw_cpu_policy, hw_cpu_thread_policy, hw_emulator_threads_policy, hw_cpu_realtime_mask, hw_numa_*, "
        "hw_mem_page_size, hw_pci_numa_affinity_policy",
        _GIVEN_PROPERTIES,
        _REPLACE,
        _GIVEN,
    ),
    _rule(PROPERTIES, "hw_tpm_*", r"hw_tpm_.*", GROW, _TPM, "tpm"),
    _rule(PROPERTIES, "hw_rescue_*", r"hw_rescue_.*", _IN_PLACE, "looked at by a rescue only"),
    _rule(PROPERTIES, "hw_vm_mode", r"hw_vm_mode", PLACED, _CHOICE),
    _rule(
        PROPERTIES,
        "hw_*, os_secure_boot, os_type, img_hide_hypervisor_id",
        r"hw_.*|os_secure_boot|os_type|img_hide_hypervisor_id",
        COLD,
        _HARDWARE,
    ),
    _rule(PROPERTIES, "novalite_seed", r"novalite_seed", REBUILD, "what a guest reads is found out at first boot"),
    _rule(PROPERTIES, "trait:*, img_hv_*", r"trait:.*|img_hv_.*", PLACED, _CHOICE),
    _rule(PROPERTIES, "all others", r".*", _IN_PLACE, _NOTHING),
)


def row_of_key(section: str, key: str) -> Field:
    """Return the row of one key of the extra specs or the image properties."""
    rule = next(rule for rule in RULES if rule.section == section and rule.pattern.fullmatch(key))
    return Field(f"{section}.{key}", rule.classes, rule.reason, rule.limit)
