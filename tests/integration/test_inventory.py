# SPDX-License-Identifier: GPL-3.0-or-later
"""The instances as an Ansible inventory, asked from real hosts: present, absent, unknown, and never silently empty."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

import pytest

from integration.command import Controller, Done
from integration.guest import SILENT

pytestmark = pytest.mark.libvirt

FLEET = (
    "novalite: 1\nproject: shop\n"
    + SILENT
    + """
networks:
  lan: {libvirt: default, cidr: 192.168.122.0/24}
server_groups:
  web: {policy: anti-affinity}
instances:
  web:
    count: 2
    flavor: speck
    image: bootsector
    group: web
    networks: [lan]
    metadata: {role: web, hostile: "{{ lookup('pipe', 'touch evaluated') }}"}
  db:
    flavor: speck
    image: bootsector
    power: shutoff
    host: kvm-1
    networks: [{network: lan, fixed_ip: 192.168.122.77}]
"""
)


def inventory(controller: Controller, *lines: str, fleet: bool = True) -> None:
    """Write instances.novalite.yml beside the fleet."""
    text = ["plugin: novalite.compute.instances", f"inventory: {controller.inventory}"]
    text += ["fleet: fleet"] if fleet else ["project: shop"]
    (controller.folder / "instances.novalite.yml").write_text("\n".join([*text, *lines, ""]), encoding="utf-8")


def ansible(controller: Controller, program: str, *words: str) -> Done:
    from novalite.resources import collections_root

    done = subprocess.run(
        [program, "-i", "instances.novalite.yml", *words],
        cwd=controller.folder,
        env=controller.environment(ANSIBLE_COLLECTIONS_PATH=str(collections_root()), ANSIBLE_NOCOLOR="1"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def hosts_of(controller: Controller) -> dict[str, dict[str, Any]]:
    done = ansible(controller, "ansible-inventory", "--list")
    assert done.status == 0, done.err
    return dict(done.json["_meta"].get("hostvars", {}))


def test_inventory_follows_the_fleet_through_its_life(controller: Controller, lab: Any) -> None:
    controller.declare(FLEET)
    inventory(controller)
    before = hosts_of(controller)
    assert {name: values["novalite_observed"] for name, values in before.items()} == {
        "db": "absent", "web-0": "absent", "web-1": "absent",
    }  # fmt: skip
    assert before["db"]["ansible_host"] == "192.168.122.77"

    controller.novalite("apply", "--yes")
    graph = ansible(controller, "ansible-inventory", "--graph")
    assert graph.status == 0, graph.err
    for group in ("project_shop", "host_kvm_1", "host_kvm_2", "flavor_speck", "group_web", "meta_role_web",
                  "power_running", "power_shutoff", "image_bootsector", "observed_present"):  # fmt: skip
        assert f"@{group}:" in graph.out
    after = hosts_of(controller)
    assert after["web-0"]["novalite_host"] != after["web-1"]["novalite_host"]
    assert after["db"]["novalite_host"] == "kvm-1"
    assert (after["db"]["novalite_power"], after["web-0"]["novalite_power"]) == ("shutoff", "running")
    assert after["web-0"]["novalite_metadata"]["hostile"] == {
        "__ansible_unsafe": "{{ lookup('pipe', 'touch evaluated') }}"
    }
    assert not (controller.folder / "evaluated").exists()

    lab.power_off("kvm-2")
    done = ansible(controller, "ansible-inventory", "--list")
    assert done.status == 0
    assert "kvm-2 is unknown" in done.err
    lost = next(name for name in ("web-0", "web-1") if after[name]["novalite_host"] == "kvm-2")
    values = done.json["_meta"]["hostvars"]
    assert values[lost]["novalite_observed"] == "unknown"
    assert values[lost]["novalite_host"] is None
    assert list(values["db"]["novalite_unknown_hosts"]) == ["kvm-2"]
    assert done.json["observed_unknown"]["hosts"] == [lost]


def test_cache_keeps_complete_answers_only(controller: Controller, lab: Any) -> None:
    controller.declare(FLEET)
    controller.novalite("apply", "--yes")
    inventory(
        controller, "cache: true", "cache_plugin: ansible.builtin.jsonfile", "cache_connection: cache", fleet=False
    )
    lab.power_off("kvm-2")
    partial = hosts_of(controller)
    assert "kvm-2" in next(iter(partial.values()))["novalite_unknown_hosts"]
    lab.power_on("kvm-2")
    # SSH connections that were kept alive find out after some seconds that their host went away in between.
    deadline = time.monotonic() + 60
    while len(hosts_of(controller)) < 3 and time.monotonic() < deadline:
        time.sleep(1)
    lab.power_off("kvm-2")
    assert len(hosts_of(controller)) == 3, "the complete answer was kept"
    assert ansible(controller, "ansible-inventory", "--flush-cache", "--graph").err.count("kvm-2 is unknown") == 1


def test_hosts_inventory_without_hosts_is_an_error(controller: Controller, lab: Any) -> None:
    controller.declare(FLEET)
    controller.inventory = controller.folder / "nobody.yml"
    controller.inventory.write_text(json.dumps({"all": {"hosts": {}}}), encoding="utf-8")
    inventory(controller)
    for program, words in (("ansible-inventory", ["--graph"]), ("ansible", ["all", "-m", "ansible.builtin.debug"])):
        done = ansible(controller, program, *words)
        assert done.status != 0
        assert "novalite_hosts" in done.err
