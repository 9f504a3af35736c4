# SPDX-License-Identifier: GPL-3.0-or-later
"""States x actions on real QEMU: legal ones are read back from libvirt, illegal ones are refused and change nothing."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from integration.guest import observed, said

if TYPE_CHECKING:
    from integration.command import Controller, Done

pytestmark = pytest.mark.libvirt

# Written from nova/compute/api.py: state -> what is legal in it, and the state after.
LEGAL = {
    "running": {"stop": "shutoff", "reboot": "running", "reboot --hard": "running", "pause": "paused",
                "suspend": "suspended"},
    "paused": {"unpause": "running", "reboot --hard": "running"},
    "suspended": {"resume": "running", "reboot --hard": "running"},
    "shutoff": {"start": "running", "reboot --hard": "running"},
}  # fmt: skip
ASKED = ("start", "stop", "reboot", "reboot --hard", "pause", "unpause", "suspend", "resume")
STATUS = {"running": "ACTIVE", "paused": "PAUSED", "suspended": "SUSPENDED", "shutoff": "SHUTOFF"}
BRING = {"running": None, "paused": "pause", "suspended": "suspend", "shutoff": "stop --timeout 0"}

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


def seen(lab: Any, item: dict[str, Any]) -> tuple[str, str]:
    """Return (state, number of the run) as virsh says, not as we do."""
    info = dict(
        re.split(r":\s+", line, maxsplit=1)
        for line in lab.virsh(item["host"], "dominfo", item["uuid"]).splitlines()
        if re.search(r":\s+", line)
    )
    state = {"shut off": "shutoff"}.get(info["State"], info["State"])
    return ("suspended" if (state, info["Managed save"]) == ("shutoff", "yes") else state), info["Id"]


@pytest.mark.parametrize("state", LEGAL)
def test_actions_in_a_state(controller: Controller, lab: Any, state: str) -> None:
    """One instance for each action, all brought to the state; each is asked one thing."""
    controller.declare(FLEET)
    controller.novalite("apply", "--yes")
    there = observed(controller)
    names = [f"beat-{number}" for number in range(len(ASKED))]
    if BRING[state]:
        ask(controller, str(BRING[state]), *names)
    before = {name: seen(lab, there[name]) for name in names}
    assert {now for now, _ in before.values()} == {state}
    for name, asked in zip(names, ASKED, strict=True):
        done = ask(controller, asked, name, expect=None)
        now, run = seen(lab, there[name])
        if asked in LEGAL[state]:
            assert (done.status, now) == (0, LEGAL[state][asked]), f"{asked}\n{done.out}\n{done.err}"
            assert run != before[name][1] or not asked.startswith("reboot"), "it is the same run"
        else:
            assert (done.status, (now, run)) == (3, before[name]), f"{asked}\n{done.out}\n{done.err}"
            states = [STATUS[other] for other, legal in LEGAL.items() if asked in legal]
            assert f"it is {STATUS[state]}" in done.err
            assert all(status in done.err for status in states)
    assert {item["power"] for item in observed(controller).values()} <= set(LEGAL)


def beats(lab: Any, item: dict[str, Any]) -> list[int]:
    """Return the numbers that the guest counted on its serial port since its QEMU was started."""
    return [int(number) for number in re.findall(r"heartbeat=(\d{6})", lab.serial(item["host"], item["uuid"]))]


def test_guests_go_on_where_they_were(controller: Controller, lab: Any) -> None:
    """Paused, it counts no further; unpaused and resumed it goes on counting; rebooted it begins again."""
    controller.declare(ONE)
    controller.novalite("apply", "--yes")
    item = observed(controller)["beat-0"]
    said(lab, item["host"], item["uuid"], "heartbeat=000002")
    ask(controller, "pause", "beat-0")
    still = beats(lab, item)
    time.sleep(2.5)
    assert beats(lab, item) == still
    ask(controller, "unpause", "beat-0")
    said(lab, item["host"], item["uuid"], f"heartbeat={still[-1] + 2:06}")
    assert beats(lab, item).count(1) == 1
    ask(controller, "suspend", "beat-0")
    last = beats(lab, item)[-1]
    ask(controller, "resume", "beat-0")
    said(lab, item["host"], item["uuid"], f"heartbeat={last + 2:06}")
    assert beats(lab, item)[0] in (last, last + 1)
    ask(controller, "reboot --hard", "beat-0")
    said(lab, item["host"], item["uuid"], "heartbeat=000002")
    assert beats(lab, item)[0] == 1


def test_declared_states(controller: Controller, lab: Any) -> None:
    """``power:`` paused and suspended, from birth and later; what verbs did is put right by the next apply."""
    for power in ("suspended", "running", "paused", "running"):
        controller.declare(ONE.replace("image: heartbeat}", f"image: heartbeat, power: {power}}}"))
        controller.novalite("apply", "--yes")
        item = observed(controller)["beat-0"]
        assert (item["power"], seen(lab, item)[0]) == (power, power)
        assert controller.novalite("plan", "--detailed-exitcode").status == 0
    ask(controller, "pause", "beat-0")
    assert "1 to unpause" in controller.novalite("plan").out
    controller.novalite("apply", "--yes")
    assert seen(lab, item)[0] == "running"
    assert controller.run("history", "--json").json["applies"][0]["outcome"] == "done"
