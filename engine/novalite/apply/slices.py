# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host does in one wave, cut out of a plan (novalite.slice/1). Pure: no decision is taken here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.shared import seed

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "novalite.slice/1"


def slice_for(plan: Mapping[str, Any], host: str, wave: int) -> dict[str, Any] | None:
    """Return the slice of a plan's JSON for a host and wave, or None where the host has nothing to do in it.

    What was relied on goes only with the host's first slice: the host itself changes those facts from then on.
    """
    mine = [[step for step in steps if step["host"] == host] for steps in plan["waves"]]
    if not 0 <= wave < len(mine) or not mine[wave]:
        return None
    busy = [number for number, steps in enumerate(mine) if steps]
    relied = plan["relied"].get(host, {}) if wave == busy[0] else {}
    return {
        "format": FORMAT,
        "plan": plan["digest"],
        "project": plan["project"],
        "host": host,
        "wave": wave,
        "last": wave == busy[-1],
        "relied": {"host": relied.get("host"), "instances": dict(relied.get("instances", {}))},
        "steps": [_step(plan, step) for step in mine[wave]],
    }


def _step(plan: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str, Any]:
    found = {"id": step["id"], "action": step["action"], "name": step["name"], **step["body"]}
    if step["action"] in ("create", "rebuild"):
        found["contents"] = {digest: plan["contents"][digest] for digest in sorted(seed.digests(step["body"]["spec"]))}
    return found
