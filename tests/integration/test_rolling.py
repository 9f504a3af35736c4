# SPDX-License-Identifier: GPL-3.0-or-later
"""A rolling restart on real QEMU: a guest of the second wave does not come up, so the third is left alone; when it is
mended, the same command does the rest, and nobody twice.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from integration.guest import observed, said

if TYPE_CHECKING:
    from integration.command import Controller

pytestmark = pytest.mark.libvirt

UP = "novalite-bootsector: up"
# Boot sectors do not hear the power button.
FLEET = f"""novalite: 1
project: shop
flavors:
  speck: {{vcpus: 1, ram: 64MiB, disk: 1GiB}}
images:
  heartbeat: {{source: images/bootsector-heartbeat.qcow2}}
server_groups:
  web:
    policy: soft-anti-affinity
    rolling: {{max_unavailable: 2, canary: 1, ready: {{serial: "{UP}", timeout: 10s}}}}
defaults: {{stop_timeout: 0s}}
instances:
  web: {{count: 5, flavor: speck, image: heartbeat, group: web}}
"""
RESTARTED = FLEET.replace("stop_timeout: 0s", 'stop_timeout: 0s, restart_token: "2026-11-21"')


def runs(lab: Any, there: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return the number of each guest's run, as virsh says: another one for each QEMU process."""
    return {name: lab.virsh(item["host"], "domid", item["uuid"]).strip() for name, item in there.items()}


def disk(item: dict[str, Any]) -> str:
    return f"/var/lib/novalite/instances/{item['uuid']}/disk"


def break_disk(lab: Any, item: dict[str, Any]) -> None:
    """Give the guest's next QEMU a disk that boots nothing; the one that runs goes on with the file it has open."""
    path = disk(item)
    made = f"cp -a {path} {path}.new && qemu-io -f qcow2 -c 'write -P 0 0 512' {path}.new"
    lab.run(item["host"], ["sh", "-c", f"{made} && mv {path} {path}.good && mv {path}.new {path}"])


def mend_disk(lab: Any, item: dict[str, Any]) -> None:
    lab.run(item["host"], ["mv", disk(item) + ".good", disk(item)])


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    assert all(number.isdigit() for number in after.values()), after
    return {name for name, number in after.items() if number != before[name]}


def test_a_fault_in_the_second_wave(controller: Controller, lab: Any) -> None:
    controller.declare(FLEET)
    controller.novalite("apply", "--yes")
    there = observed(controller)
    assert {item["host"] for item in there.values()} == set(lab.hosts)
    for item in there.values():
        said(lab, item["host"], item["uuid"], UP)
    first = runs(lab, there)

    controller.declare(RESTARTED)
    plan = controller.novalite("plan", "--json", "-o", str(controller.folder / "plan.json")).json
    waves = [wave["names"] for wave in plan["rolling"][0]["waves"]]
    assert [len(names) for names in waves] == [1, 2, 2]
    assert "wave 1 (canary): web-0 on " in controller.run("show", "plan.json").out
    victim = waves[1][-1]
    break_disk(lab, there[victim])
    done = controller.novalite("apply", "--yes", expect=5)
    second = runs(lab, there)
    assert changed(first, second) == {*waves[0], *waves[1]}
    assert f"not ready within 10 s: it did not say /{UP}/ on its serial port, but" in done.out.replace("\n", " ")
    assert f"Not begun: wave 3 of server group web: {', '.join(waves[2])}." in done.out
    for name in waves[2]:
        said(lab, there[name]["host"], there[name]["uuid"], "heartbeat=000010")  # in the run that it always had

    mend_disk(lab, there[victim])
    lines = controller.novalite("apply", "--yes", "--json").out.splitlines()
    assert json.loads(lines[-1])["outcome"] == "done"
    third = runs(lab, there)
    assert changed(second, third) == {victim, *waves[2]}
    assert controller.novalite("plan", "--detailed-exitcode").status == 0
    assert {item["spec"]["restart_token"] for item in observed(controller).values()} == {"2026-11-21"}

    names = [waves[0][0], waves[2][0]]
    done = controller.run("reboot", *names, "--rolling", "--timeout", "0", "--yes", "-i", str(controller.inventory))
    assert done.status == 0, done.out + done.err
    assert "Rolling server group web: 1 wave," in done.out
    assert changed(third, runs(lab, there)) == set(names)
