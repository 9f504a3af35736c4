# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that does not answer is not a host without instances."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from integration.guest import PAIR, domains, observed

if TYPE_CHECKING:
    from integration.command import Controller

pytestmark = pytest.mark.libvirt

FLEET = PAIR.replace("power: shutoff, ", "")


def test_host_switched_off(controller: Controller, lab: Any) -> None:
    """Its instances are unknown, nothing is created elsewhere for them, exit 6; afterwards all is as it was."""
    controller.declare(FLEET)
    controller.novalite("apply", "--yes")
    held = {instance["name"]: instance for instance in observed_by_name(controller)}
    lab.power_off("kvm-2")
    try:
        done = controller.novalite("plan", "--json", expect=6)
        plan = json.loads(done.out)
        actions = {change["name"]: change["action"] for change in plan["changes"]}
        for name, instance in held.items():
            assert actions.get(name, "keep") == ("unknown" if instance["host"] == "kvm-2" else "keep")
        assert not any(plan["waves"])
        assert list(plan["unknown"]) == ["kvm-2"]
        controller.novalite("apply", "--yes", expect=6)
        assert domains(OneHost(lab, "kvm-1"))["kvm-1"] == [
            f"shop.{name}" for name, instance in sorted(held.items()) if instance["host"] == "kvm-1"
        ]
    finally:
        lab.power_on("kvm-2")
    back = {instance["name"]: instance for instance in observed_by_name(controller)}
    assert sorted(back) == sorted(held)


def observed_by_name(controller: Controller) -> list[dict[str, Any]]:
    return [{"name": name, **instance} for name, instance in observed(controller).items()]


class OneHost:
    """The lab seen as one of its hosts."""

    def __init__(self, lab: Any, host: str) -> None:
        self.hosts = [host]
        self.run = lab.run
