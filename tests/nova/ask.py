# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova's answers: the driver runs once, in Nova's environment, however many workers of pytest want to know."""

from __future__ import annotations

import fcntl
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import peers
from bench.clock import clean_environment
from bench.paths import BENCH

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).resolve().parent


def ask(driver: str, questions: Mapping[str, Any]) -> dict[str, Any]:
    """Run a driver of this folder and return its answers. Raises: RuntimeError with what it said."""
    BENCH.mkdir(parents=True, exist_ok=True)
    with (BENCH / "nova.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two installations at a time would spoil each other
        python = peers.python("nova")
    done = subprocess.run(
        [str(python), str(HERE / driver)],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
        timeout=300,
    )
    if done.returncode:
        msg = f"{driver} ended with {done.returncode}: {done.stderr[-2000:]}"
        raise RuntimeError(msg)
    return dict(json.loads(done.stdout))


def ask_once(folder: Path, driver: str, questions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers that one process of this test run got for all; ``folder`` is common to them."""
    kept = folder / f"{driver}.json"
    with (folder / f"{driver}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_text(json.dumps(ask(driver, questions)))
        return dict(json.loads(kept.read_text()))
