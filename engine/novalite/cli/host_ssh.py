# SPDX-License-Identifier: GPL-3.0-or-later
"""A command on a host for a person to run: through ssh, with what the Ansible inventory says of the host."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from novalite.errors import NovaliteError
from novalite.shared import guest_ssh

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def host_variables(inventory: Sequence[str], host: str) -> dict[str, Any]:
    """Return what the inventory says of a host. Raises: NovaliteError where Ansible cannot tell."""
    beside = Path(sys.executable).with_name("ansible-inventory")
    program = str(beside) if beside.is_file() else shutil.which("ansible-inventory")
    if program is None:
        raise NovaliteError("ansible-inventory is not installed", proceed="pip install 'ansible-core>=2.19'")
    words = [word for source in inventory for word in ("-i", source)]
    command = [program, *words, "--host", host]
    done = subprocess.run(  # noqa: S603 (no shell; Ansible's own program)
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=120
    )
    try:
        found = json.loads(done.stdout) if done.returncode == 0 else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NovaliteError(f"the inventory does not tell how to reach {host}", proceed=shlex.join(command))
    return found


def command_on(host: str, variables: Mapping[str, Any], words: Sequence[str]) -> list[str]:
    """Return the words that run a command on a host, on a terminal; directly where the host is this machine."""
    become = ["sudo"] if str(variables.get("ansible_become", "")).lower() in ("true", "yes", "1") else []
    there = [*become, *words]
    if variables.get("ansible_connection") == "local":
        return there
    options = guest_ssh.host_options(dict(variables))
    return ["ssh", "-t", *options, "--", str(variables.get("ansible_host") or host), shlex.join(there)]
