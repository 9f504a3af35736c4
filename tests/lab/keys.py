"""SSH keys that only this lab knows: one for the controller, one for each host, all hosts in one known_hosts."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from .paths import LAB

if TYPE_CHECKING:
    from pathlib import Path

CONTROLLER = LAB / "id"
KNOWN_HOSTS = LAB / "known_hosts"

SSHD_CONFIG = """\
Port 22
HostKey /run/lab/host_key
PidFile /run/lab/sshd.pid
AuthorizedKeysFile /root/.ssh/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
MaxStartups 200
MaxSessions 200
Subsystem sftp internal-sftp
"""


def make(path: Path) -> str:
    """The public half of the key at `path`, which is made if it is not there."""
    if not path.exists():
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", str(path)]
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return path.with_name(f"{path.name}.pub").read_text()


def known_hosts(hosts: list[tuple[str, str, Path]]) -> str:
    """known_hosts lines of hosts given as (name, address, host key)."""
    lines = []
    for name, address, key in hosts:
        kind, public = make(key).split()[:2]
        lines.append(f"{address},{name} {kind} {public}\n")
    return "".join(lines)
