# SPDX-License-Identifier: GPL-3.0-or-later
"""States x actions on real QEMU: legal ones are read back from libvirt, illegal ones are refused and change nothing."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from integration.direct import Direct
from integration.guest import observed, said
from novalite.model.natural import natural_key
from novalite.model.verb import VERBS
from novalite.plan.verb import plan_verb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from integration.command import Controller, Done
    from novalite.model.observed import ObservedInstance
    from novalite.model.plan import Plan

pytestmark = pytest.mark.libvirt

# Written from nova/compute/api.py: state -> what is legal in it, and the state after.
LEGAL = {
    "ACTIVE": {"stop": "SHUTOFF", "reboot": "ACTIVE", "hard_reboot": "ACTIVE", "pause": "PAUSED",
               "suspend": "SUSPENDED"},
    "PAUSED": {"unpause": "ACTIVE", "hard_reboot": "ACTIVE"},
    "SUSPENDED": {"resume": "ACTIVE", "hard_reboot": "ACTIVE"},
    "SHUTOFF": {"start": "ACTIVE", "hard_reboot": "ACTIVE"},
}  # fmt: skip
STATUS = {"running": "ACTIVE", "paused": "PAUSED", "suspended": "SUSPENDED"}
ALWAYS = {"lock": None, "unlock": None}  # None: the state stays
# How a new instance, which runs, gets into a state.
BRING = {"ACTIVE": (), "PAUSED": ("pause",), "SUSPENDED": ("suspend",), "SHUTOFF": ("stop",)}
ASKED = sorted({action for legal in LEGAL.values() for action in legal} | set(ALWAYS))

FLEET = f"""novalite: 1
project: shop
flavors:
  speck: {{vcpus: 1, ram: 64MiB, disk: 1GiB}}
images:
  heartbeat: {{source: images/bootsector-heartbeat.qcow2}}
instances:
  beat: {{count: {len(ASKED)}, flavor: speck, image: heartbeat}}
"""
ONE = FLEET.replace(f"count: {len(ASKED)}", "count: 1")


def ask(controller: Controller, words: str, *names: str, expect: int | None = 0) -> Done:
    """Run ``novalite WORDS NAME...``; guests of these tests do not hear the power button."""
    verb, *more = words.split()
    more += ["--timeout", "1"] if words in ("stop", "reboot") else []
    done = controller.run(verb, *names, *more, "-i", str(controller.inventory), "--yes")
    assert expect is None or done.status == expect, f"{words}: {done.status}\n{done.out}\n{done.err}"
    return done


def natural_sorted(names: Iterable[str]) -> list[str]:
    return sorted(names, key=natural_key)


def planned(direct: Direct, action: str, *names: str) -> Plan:
    """Return the plan of one action; guests of these tests do not hear the power button."""
    snapshot = direct.observe()
    items = [item for item in snapshot.instances() if item.name in names]
    said = {"timeout_s": 0, "hard": action == "hard_reboot", "reason": "audit"}
    return plan_verb(snapshot, items, VERBS[action.removeprefix("hard_")], said)


def from_virsh(lab: Any, item: ObservedInstance) -> tuple[str, str]:
    """Return (state, number of the run) as virsh says, not as we do; the state in Nova's words."""
    info = dict(
        re.split(r":\s+", line, maxsplit=1)
        for line in lab.virsh(item.host, "dominfo", item.uuid).splitlines()
        if re.search(r":\s+", line)
    )
    if (info["State"], info["Managed save"]) == ("shut off", "yes"):
        return "SUSPENDED", info["Id"]
    return {"running": "ACTIVE", "paused": "PAUSED", "shut off": "SHUTOFF"}[info["State"]], info["Id"]


def test_every_action_has_a_row() -> None:
    """A verb that is added without a row in the matrix fails here."""
    ends = {"confirm", "revert", "unrescue"}  # of what test_acts.py begins
    assert {action.removeprefix("hard_") for action in ASKED} | ends == set(VERBS)


@pytest.mark.parametrize("state", LEGAL)
def test_actions_in_a_state(controller: Controller, lab: Any, state: str) -> None:
    """One instance for each action, all brought to the state: legal ones are read back, illegal ones change nothing."""
    controller.declare(FLEET)
    direct = Direct(lab, controller.fleet)
    direct.apply()
    names = dict(zip(ASKED, natural_sorted(item.name for item in direct.observe().instances()), strict=True))
    for action in BRING[state]:
        direct.carry_out(planned(direct, action, *names.values()))
    before = {item.name: from_virsh(lab, item) for item in direct.observe().instances()}
    assert {status for status, _ in before.values()} == {state}
    for action, name in names.items():
        plan = planned(direct, action, name)
        after = {**LEGAL[state], **ALWAYS}
        if action in after:
            direct.carry_out(plan)
        else:
            (problem,) = plan.problems
            legal_in = [other for other, legal in LEGAL.items() if action in legal]
            assert (plan.is_empty, f"it is {state}" in problem.summary) == (True, True)
            assert all(other in problem.summary for other in legal_in)
        (item,) = [found for found in direct.observe().instances() if found.name == name]
        status, run = from_virsh(lab, item)
        assert (item.status, status) == ((after.get(action) or state),) * 2, f"{action} in {state}"
        assert ("lock" in item.state) == (action == "lock")
        if action.endswith("reboot") and action in after:
            assert run != before[name][1], "it is the same run"
        elif action not in LEGAL[state]:
            assert run == before[name][1]


def beats(lab: Any, item: ObservedInstance) -> list[int]:
    """Return the numbers that the guest counted on its serial port since its QEMU was started."""
    return [int(number) for number in re.findall(r"heartbeat=(\d{6})", lab.serial(item.host, item.uuid))]


def test_guests_go_on_where_they_were(controller: Controller, lab: Any) -> None:
    """Paused, it counts no further; unpaused and resumed it goes on counting; rebooted it begins again."""
    controller.declare(ONE)
    direct = Direct(lab, controller.fleet)
    direct.apply()
    (item,) = direct.observe().instances()

    def does(action: str) -> None:
        direct.carry_out(planned(direct, action, item.name))

    said(lab, item.host, item.uuid, "heartbeat=000002")
    does("pause")
    still = beats(lab, item)
    time.sleep(2.5)
    assert beats(lab, item) == still
    does("unpause")
    said(lab, item.host, item.uuid, f"heartbeat={still[-1] + 2:06}")
    assert beats(lab, item).count(1) == 1
    does("suspend")
    last = beats(lab, item)[-1]
    does("resume")
    said(lab, item.host, item.uuid, f"heartbeat={last + 2:06}")
    assert beats(lab, item)[0] in (last, last + 1)
    does("hard_reboot")
    said(lab, item.host, item.uuid, "heartbeat=000002")
    assert beats(lab, item)[0] == 1


def test_commands_refuse_what_is_illegal_and_what_is_locked(controller: Controller, lab: Any) -> None:
    """Exit 3, the legal states or the lock's reason, and nothing changed; a locked one is left by plans as well."""
    controller.declare(ONE)
    controller.novalite("apply", "--yes")
    assert "start is possible in SHUTOFF" in ask(controller, "start", "beat-0", expect=3).err
    ask(controller, "lock --reason audit", "beat-0")
    assert "it is locked (audit)" in ask(controller, "stop", "beat-0", expect=3).err
    controller.declare(ONE.partition("instances:")[0] + "instances: {}\n")
    kept = controller.novalite("plan")
    assert "locked: audit" in kept.out
    assert "1 kept" in kept.out
    item = observed(controller)["beat-0"]
    assert (item["power"], item["state"]) == ("running", {"lock": {"reason": "audit"}})
    assert "ACTIVE (locked)" in controller.run("list", "-i", str(controller.inventory)).out
    ask(controller, "unlock", "beat-0")
    ask(controller, "stop", "beat-0")
    assert lab.virsh(item["host"], "domstate", item["uuid"]).strip() == "shut off"


def test_declared_states(controller: Controller, lab: Any) -> None:
    """``power:`` paused and suspended, from birth and later; what verbs did is put right by the next apply."""
    direct = Direct(lab, controller.fleet)
    for power in ("suspended", "running", "paused", "running"):
        controller.declare(ONE.replace("image: heartbeat}", f"image: heartbeat, power: {power}}}"))
        direct.apply()
        (item,) = direct.observe().instances()
        assert (item.power, from_virsh(lab, item)[0]) == (power, STATUS[power])
        assert direct.plan().is_empty
    direct.carry_out(planned(direct, "pause", item.name))
    assert [change.action for change in direct.plan().changes] == ["unpause"]
    direct.apply()
    assert from_virsh(lab, item)[0] == "ACTIVE"
