# SPDX-License-Identifier: GPL-3.0-or-later
"""What tells that an instance is up: ``rolling.ready`` of a set, ``wait_for`` of an instance. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from novalite.model.rolling import AGENT, PORT, READY_KINDS, READY_TIMEOUT_S, SERIAL, Ready
from novalite.shared import states
from novalite.spec import ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.image import Image
    from novalite.spec.context import Context
    from novalite.spec.sources import Path


def read_ready(context: Context, said: Mapping[str, Any], path: Path, problem: str) -> Ready:
    """Return what is said at a path; that it runs, where nothing is."""
    timeout_s = context.seconds(said.get("timeout", f"{READY_TIMEOUT_S}s"), (*path, "timeout"))
    if SERIAL in said:
        try:
            re.compile(said[SERIAL])
        except re.error as error:
            context.add(problem, f"not a regular expression: {error}", (*path, SERIAL))
    checks = tuple((kind, said[kind]) for kind in READY_KINDS if kind in said)
    return Ready(checks, timeout_s) if checks else Ready(timeout_s=timeout_s)


def check_ready(context: Context, fields: Mapping[str, Any], ready: Ready, who: str, path: Path, problem: str) -> None:
    """Note where instances with these fields cannot show what is waited for; ``who`` waits."""
    if ready.get(PORT) is not None and not fields.get("ports"):
        summary = f"{who} waits for port {ready.get(PORT)}, and these instances have no network"
        context.add(problem, summary, path, of_key=True)
    if ready.get(AGENT) is not None and not _has_agent(fields.get("image")):
        summary = f"{who} waits for the guest's agent, and the image says that it has none (hw_qemu_guest_agent)"
        context.add(problem, summary, path, of_key=True)


def build_wait_for(
    context: Context, fields: Mapping[str, Any], said: Mapping[str, Any] | None, path: Path
) -> Ready | None:
    """Return what an instance's ``wait_for`` says, if anything; a problem where it can never be."""
    power = fields.get("power", states.RUNNING)
    if not said or (power != states.RUNNING and path[0] == "defaults"):
        return None
    ready = read_ready(context, said, path, ids.WAIT_FOR)
    check_ready(context, fields, ready, "wait_for", path, ids.WAIT_FOR)
    if power != states.RUNNING:
        context.add(ids.WAIT_FOR, f"it is declared {power}, and nobody waits for what is off", path, of_key=True)
    return ready


def _has_agent(image: Image | None) -> bool:
    from novalite.shared import wishes  # most fleets do not ask

    return image is None or wishes.is_yes(image.properties.get("hw_qemu_guest_agent"), True)
