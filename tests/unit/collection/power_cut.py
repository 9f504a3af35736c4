# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps for tests of what is set aside, and a power cut that a test survives."""

from __future__ import annotations

from typing import Any


class PowerCutError(BaseException):
    """What a kill is to a test that goes on living: nothing catches it."""


def create(spec: dict[str, Any], power: str = "running") -> dict[str, Any]:
    step = {"action": "create", "name": spec["name"], "spec": spec, "power": power, "virt_type": "test"}
    return {**step, "contents": {}}


def on(action: str, spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"action": action, "name": spec["name"], "uuid": spec["uuid"], **more}
