# SPDX-License-Identifier: GPL-3.0-or-later
"""Crash anywhere, converge by running it again: the same world as without the crash, and no leftovers.

Two ways to die. The *host's* module dies (a power cut): every effect of the executor has a failpoint before and after
it, and each is tried. The *controller* dies (kill -9 of it and of all it started) while the host stands still at a
failpoint: the host goes on alone, and the next run must find that out.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from integration.direct import Direct
from integration.guest import TINY, TRIO, domains, leftovers, observed, said
from novalite.shared import failpoint

if TYPE_CHECKING:
    from integration.command import Controller
    from novalite.model.snapshot import Snapshot

pytestmark = pytest.mark.libvirt

FLEET = TRIO
# A boot sector does not hear the power button, and a stop would wait for its deadline.
LISTENING = (
    "novalite: 1\nproject: shop\n"
    + TINY
    + """
instances:
  db: {count: 2, flavor: tiny, image: tiny, metadata: {tier: "1"}}
"""
)
CHANGED = FLEET.replace('tier: "1"', 'tier: "2"')
EMPTY = FLEET.partition("instances:")[0]

# Effect -> the kind of apply in which it happens. A new effect without a row fails the test below.
APPLY_WITH = {
    "image.publish": "create",
    "folder.create": "create",
    "disk.create": "create",
    "drive.write": "create",
    "domain.define": "create",
    "domain.start": "create",
    "domain.pause": "pause",
    "domain.save": "suspend",
    "journal.intent": "create",
    "journal.result": "create",
    "applied.write": "create",
    "domain.mark": "mark",
    "domain.shutdown": "stop",
    "domain.destroy": "delete",
    "domain.undefine": "delete",
    "files.remove": "purge",
}

# Tried elsewhere, each before and after: test_acts.py, test_change.py, test_dump.py, test_host_key.py,
# test_snapshot.py, test_shelf.py of tests/unit/collection.
ELSEWHERE = {"action.begin", "action.end", "disk.grow", "disk.replace", "domain.live", "dump.write", "guest.password"}
ELSEWHERE |= {effect for effect in failpoint.EFFECTS if effect.startswith(("shelf.", "snapshot.", "backup."))}
ELSEWHERE |= {"disk.copy", "disk.keep", "host_key.make", "metadata.write"}


def test_every_effect_is_tried() -> None:
    assert sorted([*APPLY_WITH, *ELSEWHERE]) == sorted(failpoint.EFFECTS)


def world(snapshot: Snapshot) -> dict[str, Any]:
    return {
        item.name: (item.host, item.power, dict(item.spec), dict(item.state), item.drift, item.disks)
        for item in snapshot.instances()
    }


def debris(lab: Any) -> list[str]:
    """Return files on hosts that are there only while something is being made."""
    command = "find /var/lib/novalite -name '*.part*' -o -name '*.tmp*' -o -name '*.new'"
    return [line for host in lab.hosts for line in lab.run(host, ["sh", "-c", command]).split()]


class Scenario:
    """Before and after of one kind of apply."""

    def __init__(self, controller: Controller, lab: Any, kind: str) -> None:
        self.controller, self.lab, self.kind = controller, lab, kind
        self.direct = Direct(lab, controller.fleet)

    def prepare(self) -> None:
        """Bring the world to where the interrupted apply starts."""
        before, after = {
            "create": (None, FLEET),
            "mark": (FLEET, CHANGED),
            "pause": (FLEET, FLEET.replace("flavor: speck,", "flavor: speck, power: paused,")),
            "suspend": (FLEET, FLEET.replace("flavor: speck,", "flavor: speck, power: suspended,")),
            "stop": (LISTENING, LISTENING.replace("tiny, image", "tiny, power: shutoff, image")),
            "delete": (FLEET, FLEET),
            "purge": (FLEET, FLEET),
        }[self.kind]
        self.lab.clean()
        if before is not None:
            self.controller.declare(before)
            assert self.direct.apply() == []
        if self.kind == "stop":
            for item in self.direct.observe().instances():
                said(self.lab, item.host, item.uuid, "novalite-guest: ready")
        self.controller.declare(after)

    @property
    def options(self) -> dict[str, Any]:
        return {"delete": {"destroy": True}, "purge": {"destroy": True, "purge": True}}.get(self.kind, {})

    def finish(self) -> dict[str, Any]:
        """Run it again, uninterrupted, and return the world, for which there is nothing to do."""
        assert self.direct.apply(**self.options) == []
        plan = self.direct.plan(**self.options)
        assert plan.is_empty, plan.changes
        return world(self.direct.observe())


@pytest.fixture(scope="module")
def references() -> dict[str, dict[str, Any]]:
    return {}


@pytest.mark.parametrize("name", [name for name in failpoint.NAMES if name.rpartition(".")[0] in APPLY_WITH])
def test_host_dies(controller: Controller, lab: Any, references: dict[str, dict[str, Any]], name: str) -> None:
    """SIGKILL of the process on the host that reaches this place first; then the same again."""
    kind = APPLY_WITH[name.rpartition(".")[0]]
    scenario = Scenario(controller, lab, kind)
    scenario.prepare()
    if kind not in references:
        references[kind] = scenario.finish()
        scenario.prepare()
    assert scenario.direct.apply(failpoint=f"{name}:kill@1", **scenario.options), f"{name} was never reached"
    assert scenario.finish() == references[kind]
    assert debris(lab) == []
    if kind in ("delete", "purge"):
        assert domains(lab) == leftovers(lab) == {host: [] for host in lab.hosts}


@pytest.mark.parametrize("name", ["disk.create.after", "domain.define.after", "domain.start.before"])
def test_host_dies_under_ansible(controller: Controller, lab: Any, name: str) -> None:
    """The same the whole way: the module is killed, the command says so, and running it again converges."""
    controller.declare(FLEET)
    died = controller.novalite("apply", "--yes", expect=None, NOVALITE_FAILPOINT=f"{name}:kill@1")
    assert died.status == 5, f"{name} was never reached\n{died.out}\n{died.err}"
    controller.novalite("apply", "--yes")
    controller.novalite("plan", "--detailed-exitcode", expect=0)
    assert sorted(observed(controller)) == ["db-0", "db-1", "db-2"]
    assert debris(lab) == []


@pytest.mark.parametrize("effect", [effect for effect, kind in APPLY_WITH.items() if kind == "create"])
def test_controller_dies(controller: Controller, lab: Any, effect: str) -> None:
    """kill -9 of the controller and all its children while a host stands at this place; then apply again at once."""
    controller.declare(FLEET)
    process = controller.start(
        "apply", str(controller.fleet), "-i", str(controller.inventory), "--yes",
        NOVALITE_FAILPOINT=f"{effect}.before:pause@1",
    )  # fmt: skip
    try:
        wait_until_paused(lab)
        kill_family(process.pid)
    finally:
        process.communicate()
    controller.novalite("apply", "--yes")
    direct = Direct(lab, controller.fleet)
    assert direct.plan().is_empty
    assert sorted(world(direct.observe())) == ["db-0", "db-1", "db-2"]
    assert debris(lab) == []


def wait_until_paused(lab: Any, timeout_s: float = 30) -> None:
    """Wait until some host stands at its failpoint."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        for host in lab.hosts:
            if lab.attempt(host, ["test", "-e", "/var/lib/novalite/paused"]).returncode == 0:
                return
        time.sleep(0.05)
    raise AssertionError("no host reached the failpoint")


def kill_family(pid: int) -> None:
    """SIGKILL a process and every descendant of it: what a switched-off controller looks like."""
    children: dict[int, list[int]] = {}
    table = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    for line in table.splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    family = [pid]
    for member in family:
        family.extend(children.get(member, []))
    for member in family:
        try:
            os.kill(member, signal.SIGKILL)
        except ProcessLookupError:
            continue
