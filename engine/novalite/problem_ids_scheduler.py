# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ids of choosing hosts mean (NV0090 to NV0099): scheduler options, hints, and what flavors ask of hosts."""

from __future__ import annotations

# id -> (title, explanation)
CATALOGUE: dict[str, tuple[str, str]] = {
    "NV0090": (
        "no such filter or weigher",
        "enabled_filters and enabled_weighers take the names of Nova's classes, such as ComputeFilter and RAMWeigher.",
    ),
    "NV0091": (
        "a filter that is no more",
        (
            "A warning: Nova had this filter once. The name may stand where it is and does nothing; what does its work "
            "now is said with it."
        ),
    ),
    "NV0092": (
        "what hosts are asked cannot be compared",
        (
            "The value of an extra spec or image property is held against hosts: by an operator (>= 4, s== text, "
            "<in> part, <or> a <or> b), as a version (>=6.0,<8), or as one of a few names. Nova ends a request that "
            "it cannot compare; here it would match no host."
        ),
    ),
    "NV0093": (
        "not a query",
        (
            'A query is a list with an operator first: ["and", [">=", "$free_ram_mb", 1024], ["=", "$host", "kvm-1"]]. '
            "Operators are = < > <= >= in not or and; $name is an attribute of the host."
        ),
    ),
    "NV0094": (
        "a hint that cannot be",
        (
            "A hint names an instance that is not in the fleet (a warning: it may be a spelling, or an instance that "
            "is to come), or hints together leave no host."
        ),
    ),
}
