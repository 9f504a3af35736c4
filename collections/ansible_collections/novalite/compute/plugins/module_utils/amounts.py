# SPDX-License-Identifier: GPL-3.0-or-later
"""What a flavor and an image take of a host, by resource class: asked before, counted after, by one arithmetic.

``flavor`` and ``properties`` are those of an instance spec (arguments.py). What cannot be read is left out, as in Nova;
``validate`` has refused it before. Source: nova/scheduler/utils.py, ResourceRequest; nova/virt/hardware.py. Pure.
"""

from __future__ import annotations

import re

from .units import gib_ceil

UNSUFFIXED = ""
SUFFIX = "[a-zA-Z0-9_-]{1,64}"
STANDARD = frozenset(
    (
        "VCPU",
        "MEMORY_MB",
        "DISK_GB",
        "PCI_DEVICE",
        "SRIOV_NET_VF",
        "NUMA_SOCKET",
        "NUMA_CORE",
        "NUMA_THREAD",
        "NUMA_MEMORY_MB",
        "IPV4_ADDRESS",
        "VGPU",
        "VGPU_DISPLAY_HEAD",
        "NET_BW_EGR_KILOBIT_PER_SEC",
        "NET_BW_IGR_KILOBIT_PER_SEC",
        "PCPU",
        "MEM_ENCRYPTION_CONTEXT",
        "FPGA",
        "PGPU",
        "NET_PACKET_RATE_KILOPACKET_PER_SEC",
        "NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC",
        "NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC",
    )
)

_CUSTOM = re.compile("CUSTOM_[A-Z0-9_]{1,248}")
_RESOURCE = re.compile("resources(%s)?:(.*)" % SUFFIX)
_TRUE = ("1", "t", "true", "on", "y", "yes")


def is_class(name):
    # type: (str) -> bool
    """Tell whether a text names a resource class: a standard one, or a custom one."""
    return name in STANDARD or _CUSTOM.fullmatch(name) is not None


def is_true(text):
    # type: (object) -> bool
    """Tell whether a text means yes, as Nova reads it."""
    return text is not None and str(text).strip().lower() in _TRUE


def said(flavor, properties, key, prefix="hw"):
    # type: (dict, dict, str, str) -> str
    """Return what ``hw:KEY`` of the flavor says, else ``hw_KEY`` of the image; None where neither does."""
    return flavor["extra_specs"].get("%s:%s" % (prefix, key)) or properties.get("%s_%s" % (prefix, key))


def wants(flavor, properties, key, prefix="hw"):
    # type: (dict, dict, str, str) -> bool
    """Tell whether the flavor or the image switches something on."""
    both = (flavor["extra_specs"].get("%s:%s" % (prefix, key)), properties.get("%s_%s" % (prefix, key)))
    return any(is_true(text) for text in both)


def resources_by_group(flavor, properties):
    # type: (dict, dict) -> dict
    """Return request group -> resource class -> amount; ``""`` is the unsuffixed group. Nothing is zero or empty."""
    groups = _declared(flavor["extra_specs"])
    own = groups.setdefault(UNSUFFIXED, {})
    own.update(_cpus_by_policy(flavor, properties))
    asked = set().union(*groups.values())
    if not asked & {"VCPU", "PCPU"}:
        own["VCPU"] = flavor["vcpus"]
    if "MEMORY_MB" not in asked:
        own["MEMORY_MB"] = flavor["ram_mib"]
    if "DISK_GB" not in asked:
        own["DISK_GB"] = flavor["disk_gib"] + flavor["ephemeral_gib"] + gib_ceil(flavor["swap_mib"])
    if wants(flavor, properties, "mem_encryption"):
        own["MEM_ENCRYPTION_CONTEXT"] = 1
    own.update(_persistent_memory(flavor["extra_specs"].get("hw:pmem") or ""))
    for suffix, amounts in list(groups.items()):
        groups[suffix] = {name: amount for name, amount in amounts.items() if amount}
    return {suffix: amounts for suffix, amounts in groups.items() if amounts}


def total_resources(flavor, properties):
    # type: (dict, dict) -> dict
    """Return resource class -> amount, over all request groups."""
    total = {}
    for amounts in resources_by_group(flavor, properties).values():
        for name, amount in amounts.items():
            total[name] = total.get(name, 0) + amount
    return total


def cpus_from_mask(mask, vcpus):
    # type: (str, int) -> frozenset
    """Return the guest CPUs that a mask such as ``0-3,^2`` names; one that begins with ``^`` is taken from them all.

    Raises: ValueError where it cannot be read.
    """
    text = "0-%d,%s" % (vcpus - 1, mask) if mask.strip().startswith("^") else mask
    found, left_out = set(), set()
    for rule in (part.strip() for part in text.split(",")):
        if rule:
            first, dash, last = rule.lstrip("^").partition("-")
            start, end = int(first), int(last if dash else first)
            if start > end:
                raise ValueError("not a range of CPUs: %r" % (rule,))
            (left_out if rule.startswith("^") else found).update(range(start, end + 1))
    return frozenset(found - left_out)


def cpu_policy(flavor, properties):
    # type: (dict, dict) -> str
    """Return ``dedicated``, ``mixed``, ``shared`` or None: what the flavor says goes before what the image says."""
    for text in (flavor["extra_specs"].get("hw:cpu_policy"), properties.get("hw_cpu_policy")):
        if text in ("dedicated", "mixed", "shared"):
            return text
    return None


def dedicated_cpus(flavor, properties):
    # type: (dict, dict) -> int
    """Return how many of a mixed guest's CPUs are pinned: those of hw:cpu_dedicated_mask, else the real-time ones."""
    specs = flavor["extra_specs"]
    mask = specs.get("hw:cpu_dedicated_mask")
    if not mask and is_true(specs.get("hw:cpu_realtime")):
        mask = properties.get("hw_cpu_realtime_mask") or specs.get("hw:cpu_realtime_mask")
        mask = mask or "0-%d" % (flavor["vcpus"] - 1)
    try:
        return len(cpus_from_mask(mask or "", flavor["vcpus"]))
    except ValueError:
        return 0


def _declared(specs):
    # type: (dict) -> dict
    groups = {}
    for key, text in specs.items():
        match = _RESOURCE.fullmatch(key)
        if match is not None and is_class(match.group(2)) and re.fullmatch("[0-9]{1,12}", text):
            groups.setdefault(match.group(1) or UNSUFFIXED, {})[match.group(2)] = int(text)
    return groups


def _cpus_by_policy(flavor, properties):
    # type: (dict, dict) -> dict
    """Return what a pinned guest takes; emulator threads of their own take one more CPU."""
    policy = cpu_policy(flavor, properties)
    if policy not in ("dedicated", "mixed"):
        return {}
    more = 1 if flavor["extra_specs"].get("hw:emulator_threads_policy") == "isolate" else 0
    if policy == "dedicated":
        return {"PCPU": flavor["vcpus"] + more}
    pinned = dedicated_cpus(flavor, properties)
    return {"VCPU": flavor["vcpus"] - pinned, "PCPU": pinned + more}


def _persistent_memory(labels):
    # type: (str) -> dict
    amounts = {}
    for label in (part.strip() for part in labels.split(",")):
        if label:
            name = "CUSTOM_PMEM_NAMESPACE_" + re.sub("[^0-9A-Za-z]+", "_", label).upper()
            amounts[name] = amounts.get(name, 0) + 1
    return amounts
