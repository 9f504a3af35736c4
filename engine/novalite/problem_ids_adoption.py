# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ids of adopting mean (NV0125 to NV0134)."""

from __future__ import annotations

# id -> (title, explanation)
CATALOGUE: dict[str, tuple[str, str]] = {
    "NV0125": (
        "said of an adopted instance",
        (
            "Somebody else made the domain, so what is only decided when an instance is made (user data, keys, a "
            "count, the choice of the host, MACs) cannot be said of it, and each domain is one instance. `novalite "
            "adopt` writes what can be said."
        ),
    ),
}
