# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking into a guest on real QEMU: its log, its serial port, its agent, its memory."""

from __future__ import annotations

import os
import pty
import select
import shlex
import time
from typing import TYPE_CHECKING, Any

import pytest

from integration.guest import TINY, observed, said

if TYPE_CHECKING:
    from integration.command import Controller, Done

pytestmark = pytest.mark.libvirt

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
    shown, deadline = "", time.monotonic() + timeout_s
    try:
        while until not in shown and time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.2)[0]:
                shown += os.read(terminal, 4096).decode(errors="replace")
            if "Escape character" in shown and text:
                os.write(terminal, text.encode())
                text = ""
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
    holder = ["flock", "/var/lib/novalite/lock", "sleep", "60"]
    lab.run(item["host"], ["sh", "-c", f"setsid {shlex.join(holder)} >/dev/null 2>&1 & echo $! >/run/holder"])
    try:
        assert "novalite-guest: hostname=web" in ask(controller, "log").out
        assert len(ask(controller, "log", "--lines", "1").out.splitlines()) == 1
        follower = controller.start("log", "web", "-i", str(controller.inventory), "--follow", "--lines", "1")
        time.sleep(5)
        follower.terminate()
        beats = follower.communicate(timeout=30)[0].count("heartbeat=")
        assert beats >= 2, "nothing new was shown"
    finally:
        lab.run(item["host"], ["sh", "-c", "kill $(cat /run/holder)"])
    assert "no host holds" in controller.run("log", "nobody", "-i", str(controller.inventory)).err

    # Its serial port, by the line that is printed where there is no terminal.
    line = ask(controller, "console").out.strip()
    assert "novalite-guest: echo hello" in typed(line, "echo hello\r", "novalite-guest: echo hello")
