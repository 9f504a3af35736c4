# SPDX-License-Identifier: GPL-3.0-or-later
"""The role novalite.compute.host: check mode says what a run changes, a second run changes nothing."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from integration.command import Controller

pytestmark = pytest.mark.libvirt

# The hosts of the lab share the machine's file system, but not this folder.
PROGRAM = "/var/lib/novalite/program"
OFF = ("-e", "novalite_metadata_service=false")
PLAYBOOK = Path(__file__).resolve().parents[2] / "playbooks" / "prepare_hosts.yml"


def prepare(controller: Controller, *words: str) -> tuple[int, str]:
    """Run the operators' playbook on kvm-1; return how many tasks changed something, and what was said."""
    from novalite.resources import collections_root

    done = subprocess.run(
        [
            *("ansible-playbook", "-i", str(controller.inventory), "--limit", "kvm-1", str(PLAYBOOK)),
            *("-e", f"novalite_metadata_service_dir={PROGRAM}", *words),
        ],
        cwd=controller.folder,
        env=controller.environment(ANSIBLE_COLLECTIONS_PATH=str(collections_root()), ANSIBLE_NOCOLOR="1"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    match = re.search(r"changed=(\d+)", done.stdout)
    assert match is not None
    return int(match.group(1)), done.stdout


def test_a_host_is_prepared_once(controller: Controller, lab: Any) -> None:
    lab.need_real()
    lab.virsh("kvm-1", "net-destroy", "default")
    lab.virsh("kvm-1", "net-autostart", "default", "--disable")
    would, said = prepare(controller, "--check")
    assert would
    assert "would run: virsh net-start default" in said
    assert lab.virsh("kvm-1", "net-list", "--name").split() == []

    did, _ = prepare(controller)
    assert did == would
    assert lab.virsh("kvm-1", "net-list", "--autostart", "--name").split() == ["default"]
    modes = lab.run("kvm-1", ["stat", "-c", "%a", "/var/lib/novalite", "/var/lib/novalite/instances"])
    assert modes.split() == ["711", "711"]
    assert "\nmax_backups = 3\n" in lab.run("kvm-1", ["cat", "/etc/libvirt/virtlogd.conf"])

    assert "service.py" in lab.run("kvm-1", ["ls", f"{PROGRAM}/metadata_service"])
    lab.run("kvm-1", ["sh", "-c", f"cd {PROGRAM} && python3 -EsB -m metadata_service --help"])

    assert prepare(controller)[0] == 0
    assert prepare(controller, "--check", *OFF)[0] == 1
    assert prepare(controller, *OFF)[0] == 1
    assert "metadata_service" not in lab.run("kvm-1", ["ls", PROGRAM])
    assert prepare(controller, "--check", *OFF)[0] == 0


def test_a_missing_package_is_named_by_check_mode(controller: Controller, lab: Any) -> None:
    lab.need_real()
    prepare(controller, *OFF)
    changed, said = prepare(controller, "--check", *OFF, "-e", '{"novalite_host_extra_packages": ["no-such-package"]}')
    assert changed == 1
    assert "would install: no-such-package" in said
