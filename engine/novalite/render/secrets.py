# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets of a plan, as text: references and fingerprints. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.render.words import clean

if TYPE_CHECKING:
    from novalite.model.plan import Plan


def secrets_of(plan: Plan) -> list[str]:
    """Return a line for each secret that the plan's hosts need, and what is not seen of them; never a value."""
    if not plan.secrets:
        return []
    from novalite.shared import secret_sources  # few plans have any

    found = []
    for reference in plan.secrets.values():
        known = f" (fingerprint {reference['fingerprint']})" if "fingerprint" in reference else ""
        found.append(f"secret {clean(secret_sources.label(dict(reference)))}{known}")
    found.sort()
    if found and not any("fingerprint" in reference for reference in plan.secrets.values()):
        found.append(f"later changes of their values are not seen: there is no {secret_sources.KEY_VARIABLE}")
    return found
