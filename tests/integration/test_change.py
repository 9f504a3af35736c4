# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing instances that run on real QEMU: the same process goes on with what is new; the rest waits and is told."""

from __future__ import annotations

import copy
import json
import re
import uuid
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from integration.direct import Direct
from integration.guest import said

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration.command import Controller

pytestmark = pytest.mark.libvirt

MIB, GIB = 1024**2, 1024**3
FLEET = """novalite: 1
project: shop
flavors:
  tiny: {vcpus: 1, max_vcpus: 3, ram: 160MiB, max_ram: 192MiB, disk: 1GiB}
  speck: {vcpus: 1, ram: 64MiB, max_ram: 96MiB, disk: 1GiB}
images:
  tiny: {source: images/tiny.qcow2}
  heartbeat: {source: images/bootsector-heartbeat.qcow2}
networks:
  lan: {libvirt: default}
instances:
  hot: {flavor: tiny, image: tiny, networks: [lan], metadata: {heartbeat: "1"}}
  cold: {flavor: speck, image: heartbeat, networks: [lan]}
"""
OTHER = "<network><name>other</name><bridge name='virbr9' stp='off' delay='0'/></network>"


class Machine:
    """One running instance, the step that changes it, and what QEMU says of it."""

    def __init__(self, direct: Direct, name: str) -> None:
        self.direct, self.name = direct, name
        item = self.observe()
        self.host, self.uuid, self.spec = item.host, item.uuid, json.loads(json.dumps(dict(item.spec)))
        self.pid = self.process()

    def observe(self) -> Any:
        return next(item for item in self.direct.observe().instances() if item.name.startswith(self.name))

    def facts(self) -> dict[str, Any]:
        hosts = self.direct.observe().hosts
        return next(item for item in hosts[self.host].facts["instances"] if item["uuid"] == self.uuid)

    def change(self, spec: dict[str, Any], *destroys: str, failpoint: str | None = None) -> dict[str, Any]:
        """Apply the step by itself, and return what came of it; nothing where the host died."""
        step = {"id": "s0001", "action": "change", "name": self.name, "uuid": self.uuid, "spec": spec}
        step |= {"virt_type": "qemu", "destroys": list(destroys)}
        piece = {"format": "novalite.slice/1", "plan": f"sha256:{uuid.uuid4().hex * 2}", "project": "shop"}
        piece |= {"host": self.host, "wave": 0, "last": True, "relied": {}, "steps": [step], "failpoint": failpoint}
        answer = self.direct._ask(self.host, slice=json.dumps(piece), wait_s=30, deliveries={})
        assert (answer is None) == (failpoint is not None)
        return {} if answer is None else dict(answer["steps"][0])

    def becomes(self, change: Callable[[dict[str, Any]], Any], *destroys: str) -> None:
        """Change it, live, and then there is nothing to do; the same process goes on."""
        change(self.spec)
        done = self.change(self.spec, *destroys)
        assert done["outcome"] == "done", done["error"]
        again = self.change(self.spec)
        assert again["outcome"] == "nothing", again["error"]
        assert self.process() == self.pid

    def virsh(self, *words: str) -> str:
        return str(self.direct.lab.virsh(self.host, words[0], self.uuid, *words[1:]))

    def monitor(self, command: str, **arguments: Any) -> Any:
        said = json.dumps({"execute": command, "arguments": arguments})
        return json.loads(self.virsh("qemu-monitor-command", said))["return"]

    def process(self) -> str:
        return str(
            self.direct.lab.run(self.host, ["sh", "-c", f"pgrep -f 'qemu-system.*{self.uuid}' | head -1"])
        ).strip()

    def devices(self, *more: str) -> ElementTree.Element:
        found = ElementTree.fromstring(self.virsh("dumpxml", *more)).find("devices")
        assert found is not None
        return found

    def addresses(self, *more: str) -> dict[str, str]:
        """Return MAC -> bus of each card: what a guest names it after."""
        return {
            card.find("mac").get("address"): card.find("address").get("bus")  # type: ignore[union-attr]
            for card in self.devices(*more).findall("interface")
        }

    def bridge(self, mac: str) -> str:
        """Return the bridge of a card's tap device, as the kernel says."""
        card = next(card for card in self.devices().findall("interface") if card.find("mac").get("address") == mac)  # type: ignore[union-attr]
        tap = card.find("target").get("dev")  # type: ignore[union-attr]
        link = self.direct.lab.run(self.host, ["readlink", f"/sys/class/net/{tap}/master"])
        return str(link).strip().rpartition("/")[2]

    def blocks(self) -> dict[str, dict[str, Any]]:
        """Return file -> what QEMU says of it."""
        return {
            entry["inserted"]["file"].rpartition("/")[2]: entry["inserted"]
            for entry in self.monitor("query-block")
            if "inserted" in entry
        }

    def path(self, name: str) -> str:
        return f"/var/lib/novalite/instances/{self.uuid}/{name}"


@pytest.fixture
def direct(controller: Controller, lab: Any) -> Direct:
    """Both guests up, and a second network."""
    controller.declare(FLEET)
    found = Direct(lab, controller.fleet)
    assert found.apply() == []
    for host in lab.hosts:
        (lab.state_dir(host) / "other.xml").write_text(OTHER)
        lab.virsh(host, "net-define", "/var/lib/novalite/other.xml")
        lab.virsh(host, "net-start", "other")
    return found


def beats(machine: Machine) -> int:
    text = machine.direct.lab.serial(machine.host, machine.uuid)
    return int(re.findall(r"heartbeat=0*(\d+)", text)[-1])


def rules(lab: Any, host: str) -> str:
    """Return what the host lets pass from its guests' cards."""
    return str(lab.run(host, ["ebtables", "-t", "nat", "-L"]))


def test_hot(direct: Direct, lab: Any) -> None:
    """CPUs, memory, disks, CD-ROM, cards, cables, limits, pins and names change under a guest that goes on counting."""
    hot = Machine(direct, "hot")
    said(lab, hot.host, hot.uuid, "heartbeat=1 ")
    (first,) = hot.spec["ports"]
    second = {**first, "mac": "52:54:00:00:00:99", "source": "other"}
    before = hot.addresses()

    def forward(spec: dict[str, Any]) -> None:
        spec["flavor"].update(vcpus=3, ram_mib=128, disk_gib=2, extra_specs={"quota:disk_read_iops_sec": "1000"})
        spec.update(name="hotter", ports=[second, first], claim={"cells": [], "emulator_cpus": [0]})

    wish = copy.deepcopy(hot.spec)
    forward(wish)
    for place in ("disk.grow.after", "domain.define.after", "domain.live.after"):
        hot.change(wish, failpoint=f"{place}:kill@1")
    hot.becomes(forward)
    assert len(hot.monitor("query-cpus-fast")) == 3
    assert hot.monitor("query-balloon")["actual"] == 128 * MIB
    assert hot.blocks()["disk"]["image"]["virtual-size"] == 2 * GIB
    assert hot.blocks()["disk"]["iops_rd"] == 1000
    assert hot.bridge(second["mac"]) == "virbr9"
    assert hot.addresses() == hot.addresses("--inactive")
    assert hot.addresses()[first["mac"]] == before[first["mac"]]
    assert hot.virsh("desc", "--title").strip() == "shop/hotter"
    assert hot.virsh("emulatorpin").split() == ["0"]

    def sideways(spec: dict[str, Any]) -> None:
        spec["flavor"].update(ram_mib=192, extra_specs={})
        spec.update(name="hot", ports=[{**first, "source": "other", "link": "down"}])

    hot.becomes(sideways)
    assert hot.monitor("query-balloon")["actual"] == 192 * MIB
    assert hot.blocks()["disk"]["iops_rd"] == 0
    assert hot.bridge(first["mac"]) == "virbr9"
    assert hot.virsh("domif-getlink", first["mac"]).split()[-1] == "down"
    assert hot.addresses() == before

    def filtered(spec: dict[str, Any]) -> None:
        spec["flavor"].update(ephemeral_gib=1)
        spec["ports"] = [{**first, "source": "other", "port_security": True}]

    hot.becomes(filtered)
    assert hot.blocks()["disk.local"]["image"]["virtual-size"] == GIB
    assert hot.virsh("domif-getlink", first["mac"]).split()[-1] == "up"
    assert first["mac"] in rules(lab, hot.host)
    hot.becomes(lambda spec: (spec["flavor"].update(ephemeral_gib=2), spec["ports"][0].pop("port_security")))
    assert hot.blocks()["disk.local"]["image"]["virtual-size"] == 2 * GIB
    assert first["mac"] not in rules(lab, hot.host)
    hot.becomes(lambda spec: spec["flavor"].update(ephemeral_gib=0), hot.path("disk.local"))
    assert "disk.local" not in hot.blocks()
    assert lab.attempt(hot.host, ["test", "-e", hot.path("disk.local")]).returncode == 1

    assert "pending" not in hot.facts()
    hot.becomes(lambda spec: spec["flavor"].update(vcpus=2))
    assert hot.facts()["pending"] == [{"path": "flavor.vcpus", "running": 3, "defined": 2}]
    text = lab.serial(hot.host, hot.uuid)
    said(lab, hot.host, hot.uuid, f"heartbeat={beats(hot) + 1} ")
    assert text.count("novalite-guest: ready") == 1


def test_cold(direct: Direct, lab: Any) -> None:
    """What cannot change now waits, is told as pending, is no drift, and is true after a power cycle."""
    cold = Machine(direct, "cold")
    said(lab, cold.host, cold.uuid, "heartbeat=000001")
    born, before = copy.deepcopy(cold.spec), cold.addresses()
    image = {key: born["image"][key] for key in ("name", "sha256", "format")}

    def forward(spec: dict[str, Any]) -> None:
        spec["flavor"].update(vcpus=2, swap_mib=8, extra_specs={"hw:watchdog_action": "reset"})
        spec["image"]["properties"] = {"hw_disk_bus": "scsi"}
        spec["cdrom"] = image

    cold.becomes(forward)
    waiting = {entry["path"]: (entry["running"], entry["defined"]) for entry in cold.facts()["pending"]}
    name = f"{image['sha256']}.{image['format']}"
    assert waiting.pop("cdrom")[1][1].endswith(name)
    assert waiting.pop("hardware.watchdog.action") == (None, "reset")
    assert waiting == {"flavor.vcpus": (1, 2), "disks.disk.bus": ("virtio", "scsi")}
    assert cold.facts()["drift"] == []
    assert cold.addresses("--inactive") == before
    assert "disk.swap" in cold.blocks()

    # No guest of a boot sector has a balloon: what was asked of it in vain failed, and waits.
    asked = {**cold.spec, "flavor": {**cold.spec["flavor"], "ram_mib": 80}}
    done = cold.change(asked)
    assert (done["outcome"], done["error"]["id"]) == ("failed", "not_true")
    assert "balloon driver" in done["error"]["message"]
    assert "flavor.ram_mib" in [entry["path"] for entry in cold.facts()["pending"]]
    assert cold.change(cold.spec)["outcome"] == "done"
    # And this lab's hosts have no cgroups: a limit of CPU time is not tried, and waits.
    limited = {**cold.spec["flavor"]["extra_specs"], "quota:cpu_shares": "512"}
    assert cold.change({**cold.spec, "flavor": {**cold.spec["flavor"], "extra_specs": limited}})["outcome"] == "done"
    assert "hardware.cputune.shares" in [entry["path"] for entry in cold.facts()["pending"]]
    assert cold.change(cold.spec)["outcome"] == "done"

    cold.virsh("destroy")
    cold.virsh("start")
    cold.pid = cold.process()
    assert "pending" not in cold.facts()
    assert cold.addresses() == before
    assert len(cold.monitor("query-cpus-fast")) == 2
    assert name in cold.blocks()
    said(lab, cold.host, cold.uuid, "heartbeat=000001")
    cold.becomes(lambda spec: spec.update(cdrom=None))
    assert name not in cold.blocks()
    cold.becomes(lambda spec: spec.update(cdrom=image))
    assert name in cold.blocks()
    assert "pending" not in cold.facts()
    lab.virsh(cold.host, "setmem", cold.uuid, "--live", "70M")
    assert "pending" not in cold.facts()
    said(lab, cold.host, cold.uuid, f"heartbeat={beats(cold) + 1:06}")
