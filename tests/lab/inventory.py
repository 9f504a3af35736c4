"""The lab as an Ansible inventory. Written as JSON, which is YAML with every string quoted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from . import keys
from .paths import LAB
from .simulated import PYTHON, SimulatedHost

if TYPE_CHECKING:
    from .host import Host

INVENTORY = LAB / "hosts.yml"

# A dead host must be found out in seconds, also behind a kept connection.
SSH_ARGUMENTS = (
    "-o StrictHostKeyChecking=yes -o GlobalKnownHostsFile=/dev/null -o {known_hosts}"
    " -o IdentitiesOnly=yes -o ConnectTimeout=5 -o ServerAliveInterval=5 -o ServerAliveCountMax=2"
)


def zone(index: int) -> str:
    """az1 for odd hosts, az2 for even ones."""
    return "az1" if index % 2 else "az2"


def real(host: Host) -> dict[str, str | int]:
    """Host variables of a real host."""
    return {
        "ansible_host": host.address,
        "ansible_port": 22,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(keys.CONTROLLER),
        # A checkout's path may hold blanks: single quotes for Ansible's splitting, double ones for ssh's own.
        "ansible_ssh_common_args": SSH_ARGUMENTS.format(known_hosts=f"'UserKnownHostsFile=\"{keys.KNOWN_HOSTS}\"'"),
        "ansible_remote_tmp": "/run/ansible",
        "ansible_python_interpreter": PYTHON,
        "novalite_zone": zone(host.index),
        "novalite_virt_type": "qemu",
    }


def simulated(host: SimulatedHost) -> dict[str, str | int]:
    """Host variables of a simulated host."""
    return {
        "ansible_connection": "local",
        "ansible_remote_tmp": str(host.state / "ansible"),
        "ansible_python_interpreter": PYTHON,
        "novalite_uri": host.uri,
        "novalite_state_dir": str(host.novalite_state),
        "novalite_zone": zone(host.index),
    }


def write(hosts: list[Host], simulations: list[SimulatedHost]) -> None:
    """Writes hosts.yml, at once."""
    children = {}
    if hosts:
        children["lab_real"] = {"hosts": {host.name: real(host) for host in hosts}}
    if simulations:
        children["lab_simulated"] = {"hosts": {host.name: simulated(host) for host in simulations}}
    part = INVENTORY.with_suffix(".part")
    text = json.dumps({"novalite_hosts": {"children": children}}, indent=2)
    part.write_text(f"# Written by ./dev lab; changes here are lost.\n{text}\n")
    part.rename(INVENTORY)
