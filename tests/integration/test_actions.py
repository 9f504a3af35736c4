# SPDX-License-Identifier: GPL-3.0-or-later
"""States x actions on real QEMU: legal ones are read back from libvirt, illegal ones are refused and change nothing."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from integration.direct import Direct
from integration.guest import observed, said
from novalite.model.natural import natural_key
from novalite.model.verb import ACTS, VERBS
from novalite.plan.guest import plan_dump
from novalite.plan.purge import plan_purge
from novalite.plan.rebuild import plan_rebuild
from novalite.plan.rescue import plan_rescue
from novalite.plan.resize import plan_resize
from novalite.plan.restore import plan_restore, plan_unshelve
from novalite.plan.snapshot import plan_backup, plan_create
from novalite.plan.verb import plan_verb
from novalite.spec.load import load_fleet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from integration.command import Controller, Done
    from novalite.model.observed import ObservedInstance
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot

pytestmark = pytest.mark.libvirt

# Written from nova/compute/api.py: state -> what is legal in it, and the state after. A password needs a guest's agent
# (test_console.py).
LEGAL = {
    "ACTIVE": {"stop": "SHUTOFF", "reboot": "ACTIVE", "hard_reboot": "ACTIVE", "pause": "PAUSED",
               "suspend": "SUSPENDED", "rescue": "RESCUE", "rebuild": "ACTIVE", "resize": "VERIFY_RESIZE",
               "shelve": "SHELVED", "snapshot": "ACTIVE", "backup": "ACTIVE", "dump": "ACTIVE"},
    "PAUSED": {"unpause": "ACTIVE", "hard_reboot": "ACTIVE", "shelve": "SHELVED", "snapshot": "PAUSED",
               "backup": "PAUSED", "dump": "PAUSED"},
    "SUSPENDED": {"resume": "ACTIVE", "hard_reboot": "ACTIVE", "shelve": "SHELVED", "snapshot": "SUSPENDED",
                  "backup": "SUSPENDED"},
    "SHUTOFF": {"start": "ACTIVE", "hard_reboot": "ACTIVE", "rescue": "RESCUE", "rebuild": "SHUTOFF",
                "resize": "VERIFY_RESIZE", "shelve": "SHELVED", "snapshot": "SHUTOFF", "backup": "SHUTOFF"},
    "RESCUE": {"unrescue": "ACTIVE", "dump": "RESCUE"},
    "VERIFY_RESIZE": {"confirm": "ACTIVE", "revert": "ACTIVE", "dump": "VERIFY_RESIZE"},
    "SHELVED": {"offload": "SHELVED_OFFLOADED", "unshelve": "ACTIVE"},
    "SHELVED_OFFLOADED": {"unshelve": "ACTIVE"},
    "SOFT_DELETED": {"restore": "ACTIVE", "purge": ""},
    "ERROR": {"stop": "SHUTOFF", "hard_reboot": "ACTIVE", "rescue": "RESCUE", "rebuild": "ACTIVE", "dump": "ERROR"},
}  # fmt: skip
STATUS = {"running": "ACTIVE", "paused": "PAUSED", "suspended": "SUSPENDED"}
# The state stays. What lies on the shelf has no mark that a lock could be in.
ALWAYS = ("lock", "unlock")
ON_THE_SHELF = ("SHELVED_OFFLOADED", "SOFT_DELETED")
# How a new instance, which runs, gets into a state.
BRING = {"ACTIVE": (), "PAUSED": ("pause",), "SUSPENDED": ("suspend",), "SHUTOFF": ("stop",), "RESCUE": ("rescue",),
         "VERIFY_RESIZE": ("resize",), "SHELVED": ("shelve",), "SHELVED_OFFLOADED": ("shelve", "offload"),
         "SOFT_DELETED": ("trash",), "ERROR": ("crash",)}  # fmt: skip
ASKED = sorted({action for legal in LEGAL.values() for action in legal} | set(ALWAYS))
# What virsh must say of each state, where there is a domain: power, and whether its memory is kept in a file.
VIRSH = {"ACTIVE": ("running", "no"), "PAUSED": ("paused", "no"), "SUSPENDED": ("shut off", "yes"),
         "SHUTOFF": ("shut off", "no"), "RESCUE": ("running", "no"), "VERIFY_RESIZE": ("running", "no"),
         "ERROR": ("crashed", "no")}  # fmt: skip

ONE = """novalite: 1
project: shop
flavors:
  speck: {vcpus: 1, ram: 64MiB, disk: 1GiB}
  mote: {vcpus: 1, ram: 80MiB, disk: 1GiB}
images:
  heartbeat: {source: images/bootsector-heartbeat.qcow2}
instances:
  beat: {count: 1, flavor: speck, image: heartbeat}
"""


def ask(controller: Controller, words: str, *names: str, expect: int | None = 0) -> Done:
    """Run ``novalite WORDS NAME...``; guests of these tests do not hear the power button."""
    verb, *more = words.split()
    more += ["--timeout", "1"] if words in ("stop", "reboot") else []
    done = controller.run(verb, *names, *more, "-i", str(controller.inventory), "--yes")
    assert expect is None or done.status == expect, f"{words}: {done.status}\n{done.out}\n{done.err}"
    return done


def natural_sorted(names: Iterable[str]) -> list[str]:
    return sorted(names, key=natural_key)


def held(snapshot: Snapshot) -> dict[str, ObservedInstance]:
    """Return every instance by its name, those on the shelf too."""
    items = [*snapshot.instances(), *(aside.item for aside in snapshot.shelf())]
    return {item.name: item for item in items}


def plans(direct: Direct, snapshot: Snapshot, action: str, names: Iterable[str]) -> list[Plan]:
    """Return the plans of one action for some instances; guests of these tests do not hear the power button."""
    items = [held(snapshot)[name] for name in names]
    fleet = load_fleet(direct.fleet)[0]
    assert fleet is not None
    one: dict[str, Callable[[ObservedInstance], Plan]] = {
        "resize": lambda item: plan_resize(fleet, snapshot, item, fleet.flavors["mote"], 0),
        "snapshot": lambda item: plan_create(snapshot, item, "before"),
        "backup": lambda item: plan_backup(snapshot, item, 1),
        "dump": lambda item: plan_dump(snapshot, item),
    }
    if action in one:
        return [one[action](item) for item in items]
    if action in ("rescue", "rebuild"):
        return [(plan_rescue if action == "rescue" else plan_rebuild)(fleet, snapshot, items, None, 0)]
    if action == "trash":
        return [direct.plan(destroy=True)]
    verb = VERBS[action.removeprefix("hard_")]
    said = {"timeout_s": 0, "hard": action == "hard_reboot", "reason": "audit"}
    on_shelf = {"restore": plan_restore, "unshelve": plan_unshelve, "purge": plan_purge}.get(action, plan_verb)
    return [on_shelf(snapshot, items, verb, said)]


def crash(lab: Any, item: ObservedInstance) -> None:
    """Make a guest panic, one whose process libvirt keeps then: give it a pvpanic device, and write to its port."""
    xml = lab.virsh(item.host, "dumpxml", "--inactive", item.uuid)
    xml = re.sub("(?<=<on_crash>)[a-z-]+", "preserve", xml).replace("</devices>", "<panic model='isa'/></devices>")
    (lab.state_dir(item.host) / f"{item.uuid}.xml").write_text(xml)
    for words in (f"define /var/lib/novalite/{item.uuid}.xml", f"destroy {item.uuid}", f"start {item.uuid}"):
        lab.virsh(item.host, *words.split())
    lab.virsh(item.host, "qemu-monitor-command", item.uuid, "--hmp", "o /b 0x505 1")
    deadline = time.monotonic() + 20
    while run_of(lab, item)[0] != VIRSH["ERROR"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def does(direct: Direct, action: str, *names: str) -> None:
    """Do it, as each instance is by then."""
    if action == "crash":
        there = held(direct.observe())
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: crash(direct.lab, there[name]), names))
        return
    for group in [[name] for name in names] if action in ("resize", "snapshot", "backup", "dump") else [names]:
        for plan in plans(direct, direct.observe(), action, group):
            direct.carry_out(plan)


def run_of(lab: Any, item: ObservedInstance) -> tuple[tuple[str, str], str]:
    """Return ((power, memory kept), number of the run) as virsh says, not as we do."""
    words = lab.virsh(item.host, "dominfo", item.uuid).splitlines()
    info = dict(re.split(r":\s+", line, maxsplit=1) for line in words if re.search(r":\s+", line))
    return (info["State"], info["Managed save"]), info["Id"]


def test_every_action_has_a_row() -> None:
    """A verb that is added without a row in the matrix fails here."""
    acts = (set(ACTS) - {"password"}) | set(VERBS)
    assert {action.removeprefix("hard_") for action in ASKED} >= acts


@pytest.mark.parametrize("state", LEGAL)
def test_actions_in_a_state(controller: Controller, lab: Any, state: str) -> None:
    """One instance for each action, all brought to the state: legal ones are read back, illegal ones change nothing."""
    after = {**LEGAL[state], **({} if state in ON_THE_SHELF else dict.fromkeys(ALWAYS, state))}
    controller.declare(ONE.replace("count: 1", f"count: {len(after) + 1}"))
    direct = Direct(lab, controller.fleet)
    direct.apply()
    *names, bystander = natural_sorted(held(direct.observe()))
    asked = dict(zip(after, names, strict=True))
    for action in BRING[state]:
        does(direct, action, *names, bystander)
    first = direct.observe()
    assert {item.status for item in held(first).values()} == {state}
    before = {name: run_of(lab, item) for name, item in held(first).items() if state not in ON_THE_SHELF}
    for action in sorted(set(ASKED) - set(after)):
        (plan,) = plans(direct, first, action, [bystander])
        legal_in = [other for other, legal in LEGAL.items() if action in legal]
        assert (plan.is_empty, f"it is {state}" in plan.problems[0].summary) == (True, True), f"{action}: {plan}"
        assert all(other in plan.problems[0].summary for other in legal_in)
    for action, name in asked.items():
        does(direct, action, name)
    last = held(direct.observe())
    assert last[bystander] == held(first)[bystander]
    for action, name in asked.items():
        if action == "purge":
            gone = held(first)[name]
            assert name not in last
            assert lab.attempt(gone.host, ["ls", *gone.disks]).returncode != 0
            continue
        item, goal = last[name], after[action]
        assert item.status == goal, f"{action} in {state}"
        assert ("lock" in item.state) == (action == "lock")
        if goal in ON_THE_SHELF:
            assert lab.attempt(item.host, ["virsh", "dominfo", item.uuid]).returncode != 0
            continue
        seen, run = run_of(lab, item)
        # A resized instance is on or off as before.
        assert seen == (before[name][0] if action == "resize" else VIRSH.get(goal, seen)), f"{action} in {state}"
        if action in ("reboot", "hard_reboot", "rebuild", "revert") and before[name][1] != "-":
            assert run != before[name][1], f"{action} in {state}: it is the same run"
        elif action in (*ALWAYS, "snapshot", "backup", "dump", "confirm"):
            assert (seen, run) == before[name], f"{action} in {state}"


def beats(lab: Any, item: ObservedInstance) -> list[int]:
    """Return the numbers that the guest counted on its serial port since its QEMU was started."""
    return [int(number) for number in re.findall(r"heartbeat=(\d{6})", lab.serial(item.host, item.uuid))]


def test_guests_go_on_where_they_were(controller: Controller, lab: Any) -> None:
    """Paused, it counts no further; unpaused and resumed it goes on counting; rebooted it begins again."""
    controller.declare(ONE)
    direct = Direct(lab, controller.fleet)
    direct.apply()
    (item,) = direct.observe().instances()

    said(lab, item.host, item.uuid, "heartbeat=000002")
    does(direct, "pause", item.name)
    still = beats(lab, item)
    time.sleep(2.5)
    assert beats(lab, item) == still
    does(direct, "unpause", item.name)
    said(lab, item.host, item.uuid, f"heartbeat={still[-1] + 2:06}")
    assert beats(lab, item).count(1) == 1
    does(direct, "suspend", item.name)
    last = beats(lab, item)[-1]
    does(direct, "resume", item.name)
    said(lab, item.host, item.uuid, f"heartbeat={last + 2:06}")
    assert beats(lab, item)[0] in (last, last + 1)
    does(direct, "hard_reboot", item.name)
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
    assert (item["power"], item["state"]["lock"]) == ("running", {"reason": "audit"})
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
        assert (item.power, run_of(lab, item)[0]) == (power, VIRSH[STATUS[power]])
        assert direct.plan().is_empty
    does(direct, "pause", item.name)
    assert [change.action for change in direct.plan().changes] == ["unpause"]
    direct.apply()
    assert run_of(lab, item)[0] == VIRSH["ACTIVE"]
    does(direct, "crash", item.name)
    run = run_of(lab, item)[1]
    assert [change.action for change in direct.plan().changes] == ["start"]
    direct.apply()
    assert run_of(lab, item)[0] == VIRSH["ACTIVE"]
    assert run_of(lab, item)[1] != run
