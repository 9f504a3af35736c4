# SPDX-License-Identifier: GPL-3.0-or-later
"""The same fleet applied by ansible-playbook and by the command gives the same world."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from integration.guest import TRIO, observed

if TYPE_CHECKING:
    from integration.command import Controller

pytestmark = pytest.mark.libvirt

FLEET = TRIO + "  old: {flavor: speck, image: bootsector, power: shutoff, protect: true}\n"


def world(controller: Controller, lab: Any) -> dict[str, Any]:
    """Return what matters of the world: specs, power, hosts, and each domain's XML without what libvirt assigns."""
    result = {}
    for name, instance in observed(controller).items():
        xml = lab.run(instance["host"], ["virsh", "dumpxml", "--inactive", instance["uuid"]])
        result[name] = (instance["host"], instance["power"], instance["spec"], instance["disks"], xml)
    return result


def test_same_result_as_the_command(controller: Controller, lab: Any) -> None:
    controller.declare(FLEET)
    controller.novalite("apply", "--yes")
    by_command = world(controller, lab)
    lab.clean()
    controller.playbook("novalite.compute.apply", f"fleet={controller.fleet}")
    assert world(controller, lab) == by_command
    again = controller.playbook("novalite.compute.apply", f"fleet={controller.fleet}")
    assert set(re.findall(r"changed=(\d+)", again.out)) == {"0"}
    controller.novalite("plan", "--detailed-exitcode", expect=0)

    # What a change may cost, and ending what waits, are variables.
    controller.declare(FLEET.replace("ram: 64MiB", "ram: 80MiB") + "defaults: {stop_timeout: 0s}\n")
    controller.playbook("novalite.compute.apply", f"fleet={controller.fleet}", "max_disruption=restart")
    assert {name: bool(item.get("pending")) for name, item in observed(controller).items()} == {
        "db-0": True, "db-1": True, "db-2": True, "old": False
    }  # fmt: skip
    controller.playbook("novalite.compute.apply", f"fleet={controller.fleet}", "settle=true")
    assert not any(item.get("pending") for item in observed(controller).values())
    controller.novalite("plan", "--detailed-exitcode", expect=0)
