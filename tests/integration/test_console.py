# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking into a guest on real QEMU: its log, its serial port, its agent, its memory."""

from __future__ import annotations

import hashlib
import os
import pty
import select
import shlex
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from integration.guest import TINY, observed, said

if TYPE_CHECKING:
    from integration.command import Controller, Done

pytestmark = pytest.mark.libvirt

CANARY = "Kanarienvogel-4711-x"
FLEET = (
    "novalite: 1\nproject: shop\n"
    + TINY
    + """
instances:
  web: {flavor: tiny, image: tiny, metadata: {agent: "yes", heartbeat: "1"}}
"""
)


def ask(controller: Controller, verb: str, *words: str, expect: int = 0) -> Done:
    done = controller.run(verb, "web", *words, "-i", str(controller.inventory))
    assert done.status == expect, f"{verb}: {done.status}\n{done.out}\n{done.err}"
    return done


def typed(line: str, text: str, until: str, timeout_s: float = 20) -> str:
    """Run a command on a terminal, type text, and return what was shown until a word came; then Ctrl-]."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp("sh", ["sh", "-c", line])
    shown, deadline, again = "", time.monotonic() + timeout_s, 0.0
    try:
        while until not in shown and time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.2)[0]:
                shown += os.read(terminal, 4096).decode(errors="replace")
            if "Escape character" in shown and time.monotonic() > again:  # what is typed too early is lost
                os.write(terminal, text.encode())
                again = time.monotonic() + 1
        os.write(terminal, b"\x1d")
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            assert time.monotonic() < deadline, f"Ctrl-] did not end it\n{shown}"
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    os.read(terminal, 4096)
                except OSError:
                    break
    finally:
        os.close(terminal)
    return shown


def test_a_guest_from_outside(controller: Controller, lab: Any) -> None:
    controller.declare(FLEET)
    controller.novalite("apply", "--yes")
    item = observed(controller)["web"]
    said(lab, item["host"], item["uuid"], "novalite-guest: ready")

    # Its log: all of it, the end of it, and what comes; while somebody else holds the host's lock.
    holder = ["flock", "--no-fork", "/var/lib/novalite/lock", "sleep", "60"]
    lab.run(item["host"], ["sh", "-c", f"setsid {shlex.join(holder)} >/dev/null 2>&1 & echo $! >/run/holder"])
    try:
        assert "novalite-guest: hostname=web" in ask(controller, "log").out
        assert len(ask(controller, "log", "--lines", "1").out.splitlines()) == 1
        follower = controller.start("log", "web", "-i", str(controller.inventory), "--follow", "--lines", "1")
        given_up = threading.Timer(60, follower.kill)
        given_up.start()
        shown = [follower.stdout.readline() for _ in range(3)]  # type: ignore[union-attr]
        given_up.cancel()
        follower.terminate()
        follower.communicate()
        assert all("heartbeat=" in line for line in shown), shown
    finally:
        lab.run(item["host"], ["sh", "-c", "kill $(cat /run/holder)"])

    # Its serial port, by the line that is printed where there is no terminal.
    line = ask(controller, "console").out.strip()
    assert "novalite-guest: echo hello" in typed(line, "echo hello\r", "novalite-guest: echo hello")

    # Its agent.
    told = ask(controller, "diagnostics", "--json").json
    assert (told["host"], told["num_disks"], told["agent"]) == (item["host"], 2, "answers")
    assert (told["guest"]["hostname"], told["guest"]["os"]["pretty-name"]) == ("web", "novalite tiny")
    assert told["cpu_details"][0]["time"] > 0
    assert told["disk_details"][0]["read_bytes"] > 0
    set_a_password(controller, lab, item)

    # Its memory; it goes on counting.
    beats = said(lab, item["host"], item["uuid"], "heartbeat=").count("heartbeat=")
    here = controller.folder / "memory.kdump"
    done = ask(controller, "dump", "--yes", "--fetch", str(here))
    path = f"/var/lib/novalite/instances/{item['uuid']}/dump-0001.kdump"
    assert path in done.out
    assert here.read_bytes().startswith(b"makedumpfile")  # kdump, flattened
    assert (here.stat().st_mode & 0o777, lab.run(item["host"], ["stat", "-c", "%a", path]).strip()) == (0o600, "600")
    said(lab, item["host"], item["uuid"], f"heartbeat={beats + 2}")
    assert path in observed(controller)["web"]["disks"]


def set_a_password(controller: Controller, lab: Any, item: dict[str, Any]) -> None:
    """Set it, see it in the guest, and find it nowhere else."""
    process = controller.start("password", "web", "--yes", "-i", str(controller.inventory), stdin=subprocess.PIPE)
    table: set[str] = set()
    assert process.stdin is not None
    process.stdin.write(CANARY + "\n")
    process.stdin.close()
    while process.poll() is None:
        table.add(subprocess.run(["ps", "-eww", "-o", "args="], capture_output=True, text=True, check=True).stdout)
        time.sleep(0.05)
    process.stdin = None  # communicate() would flush it
    out, err = process.communicate()
    assert process.returncode == 0, out + err
    said(lab, item["host"], item["uuid"], f"shadow=root:{hashlib.sha256(CANARY.encode()).hexdigest()}:")
    assert CANARY not in out + err
    assert not [line for shown in table for line in shown.splitlines() if CANARY in line]
    # The guest's memory and disk know it, of course; nothing else does.
    for host in lab.hosts:
        found = lab.attempt(host, ["grep", "-rlI", CANARY, "/var/lib/novalite", "/var/log/libvirt", "/etc/libvirt"])
        assert found.stdout == ""
    for folder in (controller.folder, Path("/tmp")):
        names = [folder] if folder == controller.folder else [*folder.glob("novalite-*"), *folder.glob("ansible*")]
        found = subprocess.run(["grep", "-rl", CANARY, *map(str, names)], capture_output=True, text=True, check=False)
        assert found.stdout == ""
