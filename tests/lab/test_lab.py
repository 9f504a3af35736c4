"""The lab keeps its promises: strict host keys, power, disks that stay, hosts that do not see the controller."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab import command
from lab.handmade import Guest

if TYPE_CHECKING:
    from lab.fixtures import LabUnderTest

pytestmark = pytest.mark.libvirt


def _ansible(lab: LabUnderTest, *words: str) -> subprocess.CompletedProcess[str]:
    argv = ["ansible", "-i", str(lab.inventory), *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_ansible_reaches_every_host_by_its_own_name(clean_lab: LabUnderTest) -> None:
    done = _ansible(clean_lab, ":".join(clean_lab.hosts), "-m", "command", "-a", "hostname")
    assert done.returncode == 0, done.stdout + done.stderr
    if clean_lab.is_real:
        for host in clean_lab.hosts:
            assert f"{host} | CHANGED | rc=0 >>\n{host}\n" in done.stdout


def test_a_changed_host_key_is_refused(lab: LabUnderTest, tmp_path: Path) -> None:
    lab.need_real()
    inventory = json.loads(lab.inventory.read_text().partition("\n")[2])
    hosts = inventory["novalite_hosts"]["children"]["lab_real"]["hosts"]
    (tmp_path / "known_hosts").write_text("")
    known = lab.inventory.parent / "known_hosts"
    for variables in hosts.values():
        arguments = variables["ansible_ssh_common_args"].replace(str(known), str(tmp_path / "known_hosts"))
        variables["ansible_ssh_common_args"] = f"{arguments} -o ControlMaster=no -o ControlPath=none"
    other = tmp_path / "hosts.yml"
    other.write_text(json.dumps(inventory))
    argv = ["ansible", "-i", str(other), "kvm-1", "-m", "command", "-a", "true"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode != 0
    assert "Host key verification failed" in done.stdout + done.stderr


def test_a_host_does_not_see_the_controller(lab: LabUnderTest) -> None:
    lab.need_real()
    checkout = Path(__file__).resolve().parents[2]
    # Empty, or not even there where the checkout lies below a folder that is empty itself (/tmp).
    assert lab.attempt("kvm-1", ["ls", "-A", str(checkout)]).stdout == ""


def test_power_comes_back_with_the_same_disk(clean_lab: LabUnderTest) -> None:
    clean_lab.need_real()
    (clean_lab.state_dir("kvm-2") / "kept").write_text("yes")
    clean_lab.power_off("kvm-2")
    assert not clean_lab.is_on("kvm-2")
    done = _ansible(clean_lab, "kvm-2", "-m", "command", "-a", "true")
    assert done.returncode != 0
    assert "UNREACHABLE" in done.stdout + done.stderr
    assert clean_lab.run("kvm-1", ["hostname"]).strip() == "kvm-1"
    clean_lab.power_on("kvm-2")
    assert clean_lab.run("kvm-2", ["cat", "/var/lib/novalite/kept"]) == "yes"
    assert "default" in clean_lab.virsh("kvm-2", "net-list", "--name")


def test_guests_die_with_their_host_and_stay_defined(
    clean_lab: LabUnderTest, images: dict[str, Path], tmp_path: Path
) -> None:
    clean_lab.need_real()
    guest = Guest(clean_lab, "kvm-2", "sector", ram_mib=64)
    guest.start(images["bootsector-heartbeat"], {}, None, tmp_path)
    guest.wait("heartbeat=000001", timeout_s=20)
    clean_lab.power_off("kvm-2")
    said = clean_lab.serial("kvm-2", guest.uuid)
    time.sleep(2.5)
    assert clean_lab.serial("kvm-2", guest.uuid) == said
    clean_lab.power_on("kvm-2")
    assert clean_lab.virsh("kvm-2", "domstate", guest.uuid).strip() == "shut off"
    clean_lab.virsh("kvm-2", "start", guest.uuid)


def test_status_lists_every_host(lab: LabUnderTest, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["status"]) == 0
    shown = capsys.readouterr().out
    assert all(host in shown for host in lab.hosts)
