# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin as users meet it: ansible-inventory and ansible-playbook over a snapshot file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from novalite.model.flavor import Flavor
from novalite.model.image import Image
from novalite.model.instance import Instance
from novalite.resources import collections_root

HOSTILE = "{{ lookup('pipe', 'touch pwned') }}"
UUID = "00000000-0000-4000-8000-000000000001"


def facts(metadata: dict[str, str]) -> dict[str, Any]:
    """Return what one host with one instance says of itself (novalite.host/1)."""
    flavor = Flavor(name="small", vcpus=1, ram_mib=512, disk_gib=4)
    image = Image(name="debian-12", source="/d", sha256="0" * 64, format="qcow2")
    web = Instance(project="shop", name="web-0", flavor=flavor, image=image, metadata=metadata)
    usage = flavor.resources()
    instance = {
        "uuid": UUID, "domain": "shop.web-0", "power": "running", "persistent": True, "autostart": False,
        "spec": web.to_spec(UUID, "shop.web-0", []), "drift": [], "disks": [], "addresses": ["192.168.122.5"],
        "usage": usage, "fingerprint": "sha256:" + "0" * 64,
    }  # fmt: skip
    config = {"zone": "az1", "traits": [], "inventories": {}, "enabled": True, "virt_type": "auto",
              "uri": "qemu:///system", "state_dir": "/var/lib/novalite"}  # fmt: skip
    return {
        "format": "novalite.host/1", "hostname": "kvm-1", "host_uuid": UUID, "config": config, "virt_type": "qemu",
        "virt_type_reason": "", "versions": {}, "arch": "x86_64", "cpus": 2, "memory_mib": 24000, "disk_gib": 250,
        "disk_free_gib": 80, "cpu_model": "EPYC", "cpu_features": [], "machines": [], "firmwares": [], "pools": {},
        "networks": {}, "bridges": [], "images": [], "instances": [instance], "foreign": [], "leftovers": [],
        "used": usage, "fingerprint": "sha256:" + "1" * 64, "generation": 1, "applied": [],
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    document = {
        "format": "novalite.snapshot/1",
        "hosts": {"kvm-1": facts({"role": "web", "motd": HOSTILE})},
        "unknown": {"kvm-2": "unreachable: {{ 7 * 7 }}"},
    }
    (tmp_path / "snapshot.json").write_text(json.dumps(document), encoding="utf-8")
    configure(tmp_path, "project: shop")
    return tmp_path


def configure(folder: Path, *lines: str) -> None:
    text = "\n".join(["plugin: novalite.compute.instances", "snapshot: snapshot.json", *lines, ""])
    (folder / "instances.novalite.yml").write_text(text, encoding="utf-8")


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    import novalite

    program = Path(sys.executable).with_name(words[0])
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_COLLECTIONS_PATH": str(collections_root()), "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
        "PYTHONPATH": str(Path(novalite.__file__).parents[1]),
    }  # fmt: skip
    return subprocess.run(
        [str(program), "-i", "instances.novalite.yml", *words[1:]],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip


def test_graph_and_variables(folder: Path) -> None:
    graph = run(folder, "ansible-inventory", "--graph")
    assert graph.returncode == 0, graph.stderr
    for group in ("novalite_instances", "project_shop", "host_kvm_1", "flavor_small", "zone_az1", "image_debian_12",
                  "power_running", "observed_present", "meta_role_web"):  # fmt: skip
        assert f"@{group}:" in graph.stdout
    assert "meta_motd" not in graph.stdout
    assert "kvm-2 is unknown" in graph.stderr

    listed = json.loads(run(folder, "ansible-inventory", "--list").stdout)
    web = listed["_meta"]["hostvars"]["web-0"]
    assert web["ansible_host"] == "192.168.122.5"
    assert web["novalite_flavor"]["ram_mib"] == 512
    # Plain texts only where the grammar cannot hold a template; all others are marked as data.
    assert (web["novalite_host"], web["novalite_uuid"], web["novalite_name"]) == ("kvm-1", UUID, "web-0")
    assert web["novalite_metadata"] == {"role": "web", "motd": {"__ansible_unsafe": HOSTILE}}
    assert web["novalite_unknown_hosts"] == {"kvm-2": {"__ansible_unsafe": "unreachable: {{ 7 * 7 }}"}}


def test_constructed_groups_and_variables_see_them_too(folder: Path) -> None:
    configure(folder, "project: shop", "strict: true", "compose: {loud: novalite_name | upper}",
              "groups: {big: novalite_flavor.ram_mib >= 512}",
              "keyed_groups: [{key: novalite_metadata.role, prefix: role}]")  # fmt: skip
    listed = json.loads(run(folder, "ansible-inventory", "--list").stdout)
    assert listed["big"]["hosts"] == listed["role_web"]["hosts"] == ["web-0"]
    assert "WEB-0" in json.dumps(listed["_meta"]["hostvars"]["web-0"]["loud"])


def test_texts_of_users_and_hosts_are_never_evaluated(folder: Path) -> None:
    play = [
        {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [
                {"ansible.builtin.debug": {"msg": "{{ novalite_metadata.motd }} {{ novalite_unknown_hosts }}"}},
                {"ansible.builtin.debug": {"var": "novalite_metadata"}},
                {"ansible.builtin.assert": {"that": ["novalite_host == 'kvm-1'", "novalite_metadata.role == 'web'"]}},
            ],
        }
    ]
    (folder / "play.yml").write_text(json.dumps(play), encoding="utf-8")
    done = run(folder, "ansible-playbook", "play.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lookup('pipe', 'touch pwned')" in done.stdout
    assert "49" not in done.stdout
    assert not (folder / "pwned").exists()


def break_fleet(folder: Path) -> None:
    configure(folder, "fleet: fleet.yml")
    (folder / "fleet.yml").write_text("novalite: 1\nproject: shop\ninstances:\n  web: {flavour: x}\n", encoding="utf-8")


def break_snapshot(folder: Path) -> None:
    (folder / "snapshot.json").write_text("{", encoding="utf-8")


def remove_snapshot(folder: Path) -> None:
    (folder / "snapshot.json").unlink()


def break_template(folder: Path) -> None:
    configure(folder, "strict: true", "compose: {x: nothing.at.all}")


def break_option(folder: Path) -> None:
    configure(folder, "projekt: shop")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (break_fleet, "flavour"),
        (break_snapshot, "snapshot"),
        (remove_snapshot, "snapshot.json"),
        (break_template, "nothing"),
        (break_option, "projekt"),
    ],
)
def test_an_inventory_that_cannot_be_read_is_an_error_and_not_an_empty_one(folder: Path, spoil: Any, says: str) -> None:
    spoil(folder)
    done = run(folder, "ansible-inventory", "--graph")
    assert done.returncode != 0
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_failing_open_has_to_be_asked_for(folder: Path) -> None:
    configure(folder, "fail_closed: false", "strict: true", "compose: {x: nothing.at.all}")
    assert run(folder, "ansible-inventory", "--graph").returncode == 0
