# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ids of guest hardware mean (NV0070 to NV0089, spec/consistency): what flavors and images may say."""

from __future__ import annotations

# id -> (title, explanation)
CATALOGUE: dict[str, tuple[str, str]] = {
    "NV0070": (
        "unknown extra spec or image property",
        (
            "Extra specs that begin with hw:, os:, quota: and Nova's other prefixes are Nova's, and so are image "
            "properties that begin with hw_. Nova has none of this name: it would be ignored without a word. Keys "
            "without these prefixes are free."
        ),
    ),
    "NV0071": (
        "an extra spec or image property cannot have this value",
        ("The key is known, and its value is not one of those that Nova understands."),
    ),
    "NV0072": (
        "an old spelling of an image property",
        ("A warning: the property is read by its old name, and written by the one of today."),
    ),
    "NV0073": (
        "flavor and image say different things",
        ("Both may say it, but not differently: neither wins. Say it in one of them, or the same in both."),
    ),
    "NV0074": (
        "the image's CPU policy is not what the flavor allows",
        (
            "A flavor that says shared gives no pinned CPUs, and one that says mixed pins some of them only. An "
            "image may choose where the flavor says nothing; a flavor that says dedicated wins."
        ),
    ),
    "NV0075": (
        "thread policy",
        (
            "A thread policy says which threads of a core pinned CPUs get: it needs CPU policy dedicated or "
            "mixed, an image can choose it only where the flavor says nothing or prefer, and the trait "
            "HW_CPU_HYPERTHREADING says the same thing in another way."
        ),
    ),
    "NV0076": (
        "resources:VCPU and resources:PCPU",
        (
            "They are another way to say a CPU policy: one of them, without a policy. resources:PCPU is the "
            "number of vCPUs, and one more with isolated emulator threads."
        ),
    ),
    "NV0077": (
        "needs pinned CPUs",
        ("Realtime CPUs and isolated emulator threads need CPU policy dedicated or mixed."),
    ),
    "NV0078": (
        "CPU mask",
        (
            "CPU policy mixed pins the CPUs of hw:cpu_dedicated_mask, or those that are realtime: one of the two "
            "is given, and holds some of the flavor's CPUs, but not all. Realtime CPUs may be all only where an "
            "emulator threads policy keeps the emulator off them. A mask that begins with ^ means all CPUs but "
            "these."
        ),
    ),
    "NV0079": (
        "sockets, cores and threads",
        (
            "An image may narrow the flavor's maxima, not widen them, and some number of sockets, cores and "
            "threads within the maxima must give the flavor's vCPUs."
        ),
    ),
    "NV0080": (
        "page size",
        (
            "An image may choose a page size where the flavor says any or large; without that it has none to "
            "choose. Locked memory needs a page size."
        ),
    ),
    "NV0081": (
        "NUMA nodes of the guest",
        (
            "CPUs and memory are shared out evenly over the nodes, or given for each of them: then every CPU is "
            "in exactly one node, and the memory adds up to the flavor's. What the flavor defines, the image "
            "cannot define again."
        ),
    ),
    "NV0082": (
        "memory encryption",
        (
            "Encrypted memory needs UEFI and a machine type q35; some models need stateless firmware too, or no "
            "video. The image says these."
        ),
    ),
    "NV0083": (
        "TPM",
        ("Model tpm-crb exists for version 2.0 only. Without a model it is tpm-tis."),
    ),
    "NV0084": (
        "serial ports",
        ("An image may ask for fewer serial ports than the flavor, not for more."),
    ),
    "NV0085": (
        "PCI devices of a flavor",
        (
            "pci_passthrough:alias names aliases of the section pci_aliases, each with a number: gpu:2,nic:1. An "
            "alias names devices by vendor_id and product_id, or by resource_class."
        ),
    ),
}
