# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host does in one wave, cut out of a plan (novalite.slice/1). Pure: no decision is taken here."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from novalite.shared import seed, seed_secrets

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
    steps = [_step(plan, step) for step in mine[wave]]
    secrets = _secrets(plan, steps)
    relied = plan["relied"].get(host, {}) if wave == busy[0] else {}
    return {
        "format": FORMAT,
        "plan": plan["digest"],
        "project": plan["project"],
        "host": host,
        "wave": wave,
        "last": wave == busy[-1],
        "relied": {"host": relied.get("host"), "instances": dict(relied.get("instances", {}))},
        "steps": steps,
        **({"secrets": secrets} if secrets else {}),
    }


def _step(plan: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str, Any]:
    found = {"id": step["id"], "action": step["action"], "name": step["name"], **step["body"]}
    if step["action"] in ("create", "rebuild"):
        found["contents"] = {digest: plan["contents"][digest] for digest in sorted(seed.digests(step["body"]["spec"]))}
    return found


def _secrets(plan: Mapping[str, Any], steps: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the references of a plan whose tokens are in what these steps carry: a host learns of no others."""
    if not plan.get("secrets"):
        return {}
    carried = {text for step in steps for text in step.get("contents", {}).values()}
    found = {token for text in carried for token in seed_secrets.tokens_in(base64.b64decode(text))}
    return {token: plan["secrets"][token] for token in sorted(found & plan["secrets"].keys())}
