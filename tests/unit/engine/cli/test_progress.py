# SPDX-License-Identifier: GPL-3.0-or-later
"""cli/progress.py: what a host's line says while it is at work."""

from __future__ import annotations

import pytest
from rich.console import Console

from novalite.cli.progress import Progress
from novalite.playbook import HostEvent


@pytest.mark.parametrize(
    ("task", "state", "shown"),
    [
        ("Wave 0", "started", "part 1 of 2: at work\n"),
        ("Wave 1", "started", "part 2 of 2: at work; ends when web-0 is ready, within 9 s: port 22\n"),
        ("Wave 1", "ok", "part 2 of 2: ok\n"),
        ("Look", "started", "at work\n"),
    ],
)
def test_a_wave_tells_whom_it_waits_for(task: str, state: str, shown: str) -> None:
    progress = Progress("applying", waves=2, ends={1: "ends when web-0 is ready, within 9 s: port 22"})
    progress.take(HostEvent("kvm-1", task, state, {}, "", 1.0))
    console = Console(width=140, record=True, quiet=True)
    with console.capture() as capture:
        console.quiet = False
        console.print(progress._draw())
    lines = [" ".join(line.split()) for line in capture.get().splitlines()]
    assert lines[0].removesuffix(" s").rpartition(" ")[0].partition("kvm-1 ")[2] + "\n" == shown
