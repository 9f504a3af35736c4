# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the novalite command as a user does: a process, an exit status, what it printed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Done:
    """What a finished process left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Controller:
    """One operator's machine: a fleet folder, a home of its own, an inventory of hosts."""

    def __init__(self, folder: Path, inventory: Path) -> None:
        self.folder = folder
        self.inventory = inventory
        self.fleet = folder / "fleet"
        self.fleet.mkdir()
        self.home = folder / "home"
        self.home.mkdir()

    def environment(self, **more: str) -> dict[str, str]:
        keep = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL") if key in os.environ}
        binaries = str(Path(sys.executable).parent)
        path = f"{binaries}{os.pathsep}{keep.get('PATH', '')}"
        return {**keep, "PATH": path, "HOME": str(self.home), "NO_COLOR": "1", "COLUMNS": "160", **more}

    def declare(self, text: str, name: str = "fleet.yml") -> None:
        (self.fleet / name).write_text(text, encoding="utf-8")

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL, **environment: str) -> subprocess.Popen[str]:
        """Start the command and return at once (its own session, as a terminal would give it)."""
        return subprocess.Popen(
            ["novalite", *arguments],
            cwd=self.folder,
            env=self.environment(**environment),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # Whoever runs us in the background of a script has made us, and our children, deaf to Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def run(self, *arguments: str, **environment: str) -> Done:
        process = self.start(*arguments, **environment)
        try:
            out, err = process.communicate(timeout=240)
        finally:
            process.kill()
        return Done(process.returncode, out, err)

    def playbook(self, name: str, *variables: str, **environment: str) -> Done:
        """Run a playbook of the collection as a user without the command would; assert that it ended well."""
        extra = [part for variable in variables for part in ("-e", variable)]
        process = subprocess.run(
            ["ansible-playbook", "-i", str(self.inventory), name, *extra],
            cwd=self.folder,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert process.returncode == 0, process.stdout + process.stderr
        return Done(process.returncode, process.stdout, process.stderr)

    def novalite(self, verb: str, *arguments: str, expect: int | None = 0, **environment: str) -> Done:
        """Run a command that takes fleet and inventory; assert its exit status."""
        done = self.run(verb, str(self.fleet), "-i", str(self.inventory), *arguments, **environment)
        assert expect is None or done.status == expect, f"{verb}: {done.status}\n{done.out}\n{done.err}"
        return done
