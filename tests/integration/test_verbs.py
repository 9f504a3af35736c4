# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command once, on real hosts: its exit status, valid JSON, and no temporary file left."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from integration.direct import Direct
from integration.guest import PAIR, domains, leftovers
from novalite.cli.group import COMMANDS
from novalite.model.verb import ACTS, VERBS

if TYPE_CHECKING:
    from pathlib import Path

    from integration.command import Controller, Done

pytestmark = pytest.mark.libvirt

FLEET = PAIR
EMPTY = FLEET.partition("instances:")[0]


# Commands that are run as commands in files of their own.
ELSEWHERE = {
    "adopt": "test_adopt.py",
    "backup": "test_snapshots.py",
    "console": "test_console.py",
    "diagnostics": "test_console.py",
    "drift": "test_drift.py",
    "dump": "test_console.py",
    "log": "test_console.py",
    "password": "test_console.py",
    "snapshot": "test_snapshots.py",
    "ssh": "test_guest_init.py",
}


class Tried:
    """Runs commands, and remembers which."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.scratch = controller.folder / "tmp"
        self.scratch.mkdir()
        self.names: set[str] = set()

    def __call__(self, *words: str, expect: int = 0) -> Done:
        self.names.add(words[0])
        hosts = {"NOVALITE_INVENTORY": str(self.controller.inventory), "TMPDIR": str(self.scratch)}
        done = self.controller.run(*words, **hosts)
        assert done.status == expect, f"{' '.join(words)}: {done.status}\n{done.out}\n{done.err}"
        assert "Traceback" not in done.err
        return done

    def json(self, *words: str, expect: int = 0) -> Any:
        """Run it with --json; return the document, or the last of a stream."""
        done = self(*words, "--json", expect=expect)
        try:
            return json.loads(done.out)
        except ValueError:
            lines = [json.loads(line) for line in done.out.splitlines()]
            assert lines[0]["format"].startswith("novalite."), done.out
            return lines[-1]


def test_every_command(controller: Controller, lab: Any) -> None:
    """The life of a fleet in the order people meet the commands."""
    tried = Tried(controller)
    written = tried.json("init", "fresh")["written"]
    assert all((controller.folder / path).exists() for path in written)
    tried("init", "fresh", expect=1)

    controller.declare(FLEET.replace("flavor: speck", "flavour: speck"))
    assert tried.json("validate", expect=3)["problems"][0]["id"] == "NV0012"
    assert tried("validate", "--sarif", expect=3).json["runs"][0]["results"][0]["ruleId"] == "NV0012"
    tried("plan", expect=3)
    controller.declare(FLEET)
    assert tried.json("validate")["instances"] == 2
    assert "is valid" in tried("validate").out

    checks = tried.json("doctor")["checks"]
    assert {"host kvm-1", "host kvm-2"} <= {check["name"] for check in checks if check["ok"]}
    assert tried.json("explain", "db-0")["format"] == "novalite.placement/1"
    assert "NV0012" in tried("explain", "nv0012").out
    tried("explain", "NV9999", expect=1)
    assert tried.json("render", "db-0", "-o", "out")["written"]
    assert (controller.folder / "out" / "domain.xml").stat().st_mode & 0o777 == 0o600

    assert tried.json("plan", "-o", "plan.json", "--detailed-exitcode", expect=2)["summary"]["create"] == 2
    assert "Plan: 2 to create" in tried("show", "plan.json").out
    assert tried.json("show", "plan.json")["format"] == "novalite.plan/1"
    assert "| " in tried("show", "plan.json", "--markdown").out
    tried("apply", "plan.json", expect=1)  # nobody to ask
    report = tried.json("apply", "plan.json", "--yes")
    assert (report["event"], report["outcome"], report["counts"]["done"]) == ("report", "done", 4)
    assert tried.json("apply", "--yes")["outcome"] == "done"  # nothing to do

    assert [row["name"] for row in tried.json("list")["instances"]] == ["db-0", "db-1"]
    assert tried.json("get", "db-1")["instances"][0]["host"] == "kvm-2"
    tried("get", "nobody", expect=1)
    assert tried.json("host", "list")["format"].startswith("novalite.")
    assert tried.json("status")["format"].startswith("novalite.")
    assert set(tried.json("observe", "-o", "seen.json")["hosts"]) == {"kvm-1", "kvm-2"}
    for words in (["status"], ["list"], ["host", "list"], ["get", "db-0"]):
        assert "kvm-" in tried(*words, "--snapshot", "seen.json").out
    assert tried.json("plan", "--snapshot", "seen.json")["summary"]["keep"] == 2
    (room,) = tried.json("capacity", "--flavor", "speck")["flavors"]
    assert room["now"] > room["losses"][0]["left"] > 0
    controller.declare(f"{FLEET}survive: [{{of: host, instances: all}}]\n")
    assert [goal["state"] for goal in tried.json("survive", expect=3)["goals"]] == ["refuted"]  # apart, on two hosts
    controller.declare(FLEET)
    (done,) = tried.json("history")["applies"]
    assert done["outcome"] == "done"
    assert {step["outcome"] for step in tried.json("history", str(done["id"]))["steps"]} == {"done"}

    controller.declare(EMPTY)
    tried("plan", "--snapshot", "seen.json", expect=3)  # an empty fleet is no wish to delete everything
    controller.declare(FLEET.replace("count: 2", "count: 1"))
    tried("plan", "--snapshot", "seen.json", "--max-destroy", "0", expect=3)
    controller.declare(FLEET)
    assert tried.json("destroy", "--yes")["outcome"] == "done"
    assert domains(lab) == leftovers(lab) == {host: [] for host in lab.hosts}

    assert tried.names | ELSEWHERE.keys() == set(COMMANDS) - set(VERBS) - set(ACTS)
    assert list(tried.scratch.iterdir()) == []


def test_every_act(controller: Controller, lab: Any) -> None:
    """What needs words of a fleet, or brings an instance back, as commands; the rest is in test_actions.py."""
    tried = Tried(controller)
    controller.declare(FLEET.replace("flavors:", "flavors:\n  mote: {vcpus: 1, ram: 80MiB, disk: 1GiB}"))
    tried("apply", "--yes")

    direct = Direct(lab, controller.fleet)

    def does(*words: str, status: str) -> None:
        assert tried.json(*words, "--yes")["outcome"] == "done", words
        seen = direct.observe()
        items = [*seen.instances(), *(aside.item for aside in seen.shelf())]
        assert [item.status for item in items if item.name == "db-0"] == [status], words

    does("rebuild", "db-0", status="SHUTOFF")
    does("rescue", "db-0", "--image", "bootsector", status="RESCUE")
    tried("start", "db-0", "--yes", expect=3)
    does("unrescue", "db-0", "--timeout", "0", status="SHUTOFF")
    assert "say flavor: mote before you confirm" in tried("resize", "db-0", "mote", "--yes").err
    does("revert", "db-0", status="SHUTOFF")
    does("resize", "db-0", "mote", status="VERIFY_RESIZE")
    does("confirm", "db-0", status="SHUTOFF")
    does("shelve", "db-0", status="SHELVED")
    does("offload", "db-0", status="SHELVED_OFFLOADED")
    does("unshelve", "db-0", status="ACTIVE")
    assert "2 to trash" in tried("destroy", "--yes").out
    does("restore", "db-0", status="ACTIVE")
    assert domains(lab)["kvm-1"] == ["shop.db-0"]
    assert list(tried.scratch.iterdir()) == []


def test_leftovers_of_killed_runs(controller: Controller) -> None:
    """The next run removes our own folders of a killed one, a day later; nobody else's, and none younger."""
    tried = Tried(controller)
    old, young, other = (tried.scratch / name for name in ("novalite-run-a", "novalite-apply-b", "else-c"))
    link = tried.scratch / "novalite-run-d"
    link.symlink_to(controller.fleet)
    for folder in (old, young, other):
        (folder / "inside").mkdir(parents=True)
    for folder in (old, other):
        age(folder)
    os.utime(link, (0, 0), follow_symlinks=False)
    tried("list")
    assert sorted(path.name for path in tried.scratch.iterdir()) == sorted([young.name, other.name, link.name])
    assert controller.fleet.exists()


def age(folder: Path) -> None:
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(folder, (two_days_ago, two_days_ago))
