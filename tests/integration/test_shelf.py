# SPDX-License-Identifier: GPL-3.0-or-later
"""The shelf on real QEMU: trash and restore, the deadline, shelve, offload and unshelve; disks are what they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from integration.direct import Direct
from integration.guest import domains, leftovers, said
from novalite.model.verb import VERBS
from novalite.plan.verb import plan_verb

if TYPE_CHECKING:
    from integration.command import Controller, Done
    from novalite.model.observed import ObservedInstance

pytestmark = pytest.mark.libvirt

HEAD = """novalite: 1
project: shop
flavors:
  speck: {vcpus: 1, ram: 64MiB, disk: 1GiB}
images:
  heartbeat: {source: images/bootsector-heartbeat.qcow2}
instances:
"""
KEEPS = "  stays: {flavor: speck, image: heartbeat, power: shutoff, host: kvm-1}\n"
WEB = "  web: {flavor: speck, image: heartbeat}\n"
OLD = "  old: {flavor: speck, image: heartbeat, power: shutoff, trash_days: 1}\n"
GONE = "  gone: {flavor: speck, image: heartbeat, power: shutoff, on_delete: delete}\n"


class Host:
    """What is asked of the host of an instance, not of our own reports."""

    def __init__(self, lab: Any, item: ObservedInstance) -> None:
        self.lab, self.host, self.uuid = lab, item.host, item.uuid

    @property
    def disk(self) -> str:
        words = ["sh", "-c", f"ls /var/lib/novalite/*/{self.uuid}/disk"]
        return str(self.lab.run(self.host, words).strip())

    def xml(self) -> list[str]:
        """Return the lines of its definition; libvirt changes the order of controllers when it reads its own XML."""
        text = self.lab.virsh(self.host, "dumpxml", "--inactive", self.uuid)
        return sorted(ElementTree.canonicalize(text).splitlines())

    def write(self) -> None:
        """Write as a guest would: data, and zeros where the image has its boot sector's neighbour."""
        self.lab.run(self.host, ["qemu-io", "-c", "write -q -P 171 8M 1M", "-c", "write -q -z 512k 64k", self.disk])

    @property
    def copy(self) -> str:
        return f"/tmp/novalite-{self.uuid}.raw"

    def remember(self) -> None:
        """Copy all that the guest can read of its disk."""
        self.lab.run(self.host, ["qemu-img", "convert", "-U", "-O", "raw", self.disk, self.copy])

    def is_as_remembered(self) -> bool:
        done = self.lab.attempt(self.host, ["qemu-img", "compare", "-U", "-F", "raw", self.disk, self.copy])
        assert done.returncode == 0, done.stdout + done.stderr
        return True

    def shelf(self) -> list[str]:
        found = self.lab.run(self.host, ["sh", "-c", "ls /var/lib/novalite/shelf 2>/dev/null || true"]).split()
        return sorted(found)


def verb(controller: Controller, *words: str, expect: int = 0) -> Done:
    done = controller.run(*words, "-i", str(controller.inventory), "--yes")
    assert done.status == expect, f"{words}: {done.status}\n{done.out}\n{done.err}"
    return done


def items(direct: Direct) -> dict[str, ObservedInstance]:
    """Return the instances by name, those on shelves too."""
    seen = direct.observe()
    return {item.name: item for item in (*seen.instances(), *(aside.item for aside in seen.shelf()))}


def flat(found: dict[str, list[str]]) -> list[str]:
    return [name for names in found.values() for name in names]


def told(item: ObservedInstance) -> tuple[Any, ...]:
    return (item.uuid, item.domain, item.power, item.spec, item.state, item.drift, item.disks, item.unfinished)


def test_trash_restore_and_deadline(controller: Controller, lab: Any) -> None:
    direct = Direct(lab, controller.fleet)
    controller.declare(HEAD + KEEPS + WEB + OLD + GONE)
    assert direct.apply() == []
    before = items(direct)
    hosts = {name: Host(lab, item) for name, item in before.items()}
    hosts["old"].write()
    xml = {name: hosts[name].xml() for name in ("web", "old")}
    for name in xml:
        hosts[name].remember()

    controller.declare(HEAD + KEEPS)
    plan = direct.plan()
    assert {line.name: line.action for line in plan.changes} == {"web": "trash", "old": "trash", "gone": "delete"}
    assert direct.carry_out(plan) == []
    assert direct.plan().is_empty
    assert flat(domains(lab)) == ["shop.stays"]
    assert flat(leftovers(lab)) == [before["stays"].uuid]
    trashed = items(direct)
    assert {name: item.status for name, item in trashed.items()} == {
        "stays": "SHUTOFF", "web": "SOFT_DELETED", "old": "SOFT_DELETED",
    }  # fmt: skip
    path = f"/var/lib/novalite/shelf/{before['old'].uuid}.json"
    assert lab.run(before["old"].host, ["stat", "-c", "%a %U", path]).split() == ["600", "root"]
    shown = controller.run("list", "--all", "-i", str(controller.inventory))
    assert shown.out.count("SOFT_DELETED (until 20") == 2

    verb(controller, "restore", "web", "old")
    after = items(direct)
    assert {name: told(after[name]) for name in after} == {
        name: told(before[name]) for name in ("stays", "web", "old")
    }  # fmt: skip
    assert all(hosts[name].is_as_remembered() for name in xml)
    assert {name: hosts[name].xml() for name in xml} == xml
    assert lab.virsh(before["web"].host, "domstate", before["web"].uuid).strip() == "running"
    assert lab.virsh(before["old"].host, "domstate", before["old"].uuid).strip() == "shut off"

    controller.declare(HEAD + KEEPS + WEB)
    assert direct.apply() == []
    lab.run(before["old"].host, ["sed", "-i", 's/"until":"[^"]*"/"until":"2020-01-01T00:00:00Z"/', path])
    done = controller.novalite("apply", "--yes")
    assert "trashed until 2020-01-01T00:00:00Z" in done.out
    assert "delete, 2 disks destroyed" in done.out
    assert hosts["old"].shelf() == []
    for name in xml:
        lab.run(hosts[name].host, ["rm", "-f", hosts[name].copy])
    controller.declare(HEAD + KEEPS)
    assert direct.apply() == []
    said = controller.run("log", "web", "-i", str(controller.inventory))
    assert f"shop.web is in the trash of {before['web'].host} until 20" in said.err
    assert "novalite restore web" in said.err
    done = verb(controller, "purge", "web", "stays", expect=3)
    assert "stays: purge is not possible: it is SHUTOFF; purge is possible in SOFT_DELETED" in done.err
    done = verb(controller, "purge", "web")
    assert "disks destroyed" in done.out
    assert hosts["web"].shelf() == []
    assert direct.plan().is_empty


def test_shelve_offload_unshelve(controller: Controller, lab: Any) -> None:
    direct = Direct(lab, controller.fleet)
    controller.declare(HEAD + WEB)
    assert direct.apply() == []
    before = items(direct)["web"]
    host = Host(lab, before)
    xml = host.xml()

    def asked(name: str, **arguments: Any) -> None:
        """Do it: offloaded by the commands, else by the same plans without Ansible."""
        if is_offloaded:
            verb(controller, name, "web", *(["--timeout", "1"] if arguments else []))
        else:
            seen = direct.observe()
            assert direct.carry_out(plan_verb(seen, list(seen.instances()), VERBS[name], arguments)) == []

    for is_offloaded in (False, True):
        asked("shelve", timeout_s=1)
        item = items(direct)["web"]
        assert (item.status, lab.virsh(item.host, "domstate", item.uuid).strip()) == ("SHELVED", "shut off")
        if not is_offloaded:
            host.write()
            host.remember()
        else:
            asked("offload")
            item = items(direct)["web"]
            assert (item.status, item.usage) == ("SHELVED_OFFLOADED", {"DISK_GB": 1})
            assert flat(domains(lab)) == flat(leftovers(lab)) == []
            assert "backing file" not in lab.run(item.host, ["qemu-img", "info", "-U", host.disk])
            assert host.is_as_remembered()
        plan = direct.plan()
        assert (plan.is_empty, [line.action for line in plan.changes]) == (True, ["held"])
        asked("unshelve")
        assert host.is_as_remembered()
        assert told(items(direct)["web"]) == told(before)
        assert direct.plan().is_empty
    assert host.xml() == xml
    assert host.shelf() == []
    said(lab, before.host, before.uuid, "heartbeat=000001")

    controller.declare(HEAD + WEB.replace("heartbeat}", "heartbeat, power: shelved, stop_timeout: 1s}"))
    assert direct.apply() == []
    assert direct.plan().is_empty
    assert items(direct)["web"].status == "SHELVED"
    controller.declare(HEAD + WEB)
    assert direct.apply() == []
    assert direct.plan().is_empty
    assert told(items(direct)["web"]) == told(before)
    lab.run(before.host, ["rm", "-f", host.copy])
