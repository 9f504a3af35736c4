# SPDX-License-Identifier: GPL-3.0-or-later
"""Ctrl-C once, twice; a host lost on the way; two controllers at once: what is said is so, and the next run converges.

A failpoint holds the first host in flight; ``--forks 1`` keeps the second one from beginning.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import shlex
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from integration.guest import PAIR, domains
from integration.test_crash import wait_until_paused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.command import Controller, Done

pytestmark = pytest.mark.libvirt

FLEET = PAIR
ALL = {"kvm-1": ["shop.db-0"], "kvm-2": ["shop.db-1"]}
PAUSE = "domain.define.before:pause@1"
HOLD = "domain.define.before:hold@1"


@pytest.fixture
def declared(controller: Controller, monkeypatch: pytest.MonkeyPatch) -> Iterator[Controller]:
    """A controller with a folder of its own for temporary files, in which nothing may be left."""
    controller.declare(FLEET)
    scratch = controller.folder / "tmp"
    scratch.mkdir()
    usual = controller.environment
    monkeypatch.setattr(controller, "environment", lambda **more: usual(**{"TMPDIR": str(scratch), **more}))
    yield controller
    assert list(scratch.iterdir()) == []


def begin(controller: Controller, *options: str, **environment: str) -> subprocess.Popen[str]:
    words = ("apply", str(controller.fleet), "-i", str(controller.inventory), "--yes", *options)
    return controller.start(*words, **environment)


def steps(done_json: str) -> dict[str, set[str]]:
    """Return host -> outcomes of its steps, from the last line of ``--json``."""
    report = json.loads(done_json.strip().splitlines()[-1])
    found: dict[str, set[str]] = {}
    for step in report["steps"]:
        found.setdefault(step["host"], set()).add(step["outcome"])
    return found


def converges(controller: Controller, lab: Any) -> None:
    controller.novalite("plan", "--detailed-exitcode", expect=0)
    assert domains(lab) == ALL


def proceed(err: str) -> list[str]:
    """Return the words of the command after "to proceed", as a shell would read them."""
    lines = [line for line in err.splitlines() if "to proceed: " in line]
    return shlex.split(lines[-1].partition("to proceed: ")[2])


def test_ctrl_c_once(declared: Controller, lab: Any) -> None:
    """What is in flight finishes, the other host is not started, and the line that is printed does the rest."""
    process = begin(declared, "--forks", "1", NOVALITE_FAILPOINT=PAUSE)
    wait_until_paused(lab)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert domains(lab) == {"kvm-1": ["shop.db-0"], "kvm-2": []}
    assert "kvm-1: done" in err
    assert "kvm-2: not started, as you asked" in err
    assert "stopping: what hosts have begun is finished" in err
    assert "2 done" in out
    assert "2 not started" in out
    assert "stopped; steps: 2 done, 2 not started" in err
    again = proceed(err)
    assert again[0] == "novalite"
    assert declared.run(*again[1:]).status == 0
    converges(declared, lab)


def test_ctrl_c_twice(declared: Controller, lab: Any) -> None:
    """It ends without waiting for the host; the next run waits for the host's lock and converges."""
    process = begin(declared, "--json", "--forks", "1", NOVALITE_FAILPOINT=HOLD)
    wait_until_paused(lab)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    held = lab.state_dir("kvm-1") / "paused"
    assert held.exists(), "it waited for the host"
    assert process.returncode == 130, out + err
    assert steps(out) == {"kvm-1": {"unknown"}, "kvm-2": {"not_started"}}
    again = begin(declared)
    time.sleep(1)
    held.unlink()
    out, err = again.communicate(timeout=120)
    assert again.returncode == 0, out + err
    converges(declared, lab)


def test_host_lost_on_the_way(declared: Controller, lab: Any) -> None:
    """Exit 5; the other host is done, what became of the lost one's steps is unknown; later apply converges."""
    process = begin(declared, "--json", NOVALITE_FAILPOINT=PAUSE)
    wait_until_paused(lab)
    lab.power_off("kvm-1")
    out, err = process.communicate(timeout=90)
    assert process.returncode == 5, out + err
    assert steps(out) == {"kvm-1": {"unknown"}, "kvm-2": {"done"}}
    assert "unknown" in err
    lab.power_on("kvm-1")
    done = declared.run(*proceed(err)[1:])
    assert done.status == 0, done.out + done.err
    converges(declared, lab)


class Operator:
    """A second person with a terminal, who has read the plan and has not answered yet."""

    def __init__(self, controller: Controller, *options: str) -> None:
        self.ours, theirs = pty.openpty()
        words = ["novalite", "apply", str(controller.fleet), "-i", str(controller.inventory), *options]
        self.process = subprocess.Popen(
            words, cwd=controller.folder, env=controller.environment(), stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.text = ""
        while "Apply this plan?" not in self.text:
            self.text += os.read(self.ours, 4096).decode()

    def says_yes(self) -> Done:
        from integration.command import Done

        os.write(self.ours, b"y\n")
        text = ""
        try:
            while chunk := os.read(self.ours, 4096):
                text += chunk.decode()
        except OSError:  # the terminal's other end is closed
            pass
        os.close(self.ours)
        return Done(self.process.wait(timeout=60), text, text)


def test_locked_host(declared: Controller, lab: Any) -> None:
    """Somebody began on a host after we looked at it: nothing is done there, and the printed line does it later."""
    declared.declare(FLEET.replace("count: 2", "count: 1"))
    second = Operator(declared, "--lock-wait", "0")
    with (lab.state_dir("kvm-1") / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = second.says_yes()
    assert refused.status == 4, refused.out
    said = " ".join(refused.out.split())
    assert "error[NV0006]: nothing was changed: kvm-1: another process works on this host" in said
    assert domains(lab) == {"kvm-1": [], "kvm-2": []}
    assert declared.run(*proceed(refused.out)[1:]).status == 0
    declared.novalite("plan", "--detailed-exitcode", expect=0)


def test_second_controller_waits(declared: Controller, lab: Any) -> None:
    """It waits for the host; then its plan, which is the same, is used up: exit 4, and the journal has one plan."""
    declared.declare(FLEET.replace("count: 2", "count: 1"))
    second = Operator(declared)
    first = begin(declared, NOVALITE_FAILPOINT=PAUSE)
    wait_until_paused(lab)
    refused = second.says_yes()
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, out + err
    assert refused.status == 4, refused.out
    assert "nothing was changed: kvm-1: this plan was applied here already" in " ".join(refused.out.split())
    journal = lab.run("kvm-1", ["sh", "-c", "cat /var/lib/novalite/journal*"])
    assert len({json.loads(line)["plan"] for line in journal.splitlines()}) == 1
    declared.novalite("plan", "--detailed-exitcode", expect=0)


def test_two_controllers_at_once(declared: Controller, lab: Any) -> None:
    """Whoever is first, both end well or refused, and the world is what both declare."""
    both = [begin(declared), begin(declared)]
    ended = [(*process.communicate(timeout=90), process.returncode) for process in both]
    assert {status for *_, status in ended} <= {0, 4, 5}, ended
    declared.novalite("apply", "--yes")
    converges(declared, lab)
