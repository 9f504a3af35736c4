# SPDX-License-Identifier: GPL-3.0-or-later
"""Rebuild, resize and rescue on real QEMU: what guests read from their disks before and after, and what stays."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.etree import ElementTree

import pytest

from integration.direct import Direct
from integration.guest import said
from novalite.model.verb import VERBS
from novalite.plan.rebuild import plan_rebuild
from novalite.plan.rescue import plan_rescue
from novalite.plan.resize import plan_resize
from novalite.plan.verb import plan_verb
from novalite.spec.load import load_fleet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from integration.command import Controller
    from novalite.model.observed import ObservedInstance
    from novalite.model.plan import Plan

pytestmark = pytest.mark.libvirt

FLEET = """novalite: 1
project: shop
flavors:
  speck: {vcpus: 1, ram: 64MiB, disk: 1GiB, ephemeral: 1GiB, swap: 8MiB}
  large: {vcpus: 2, ram: 96MiB, disk: 2GiB, ephemeral: 1GiB, swap: 16MiB}
  whale: {vcpus: 2, ram: 900GiB, disk: 2GiB, ephemeral: 1GiB, swap: 16MiB}
images:
  bootsector: {source: images/bootsector.qcow2}
  heartbeat: {source: images/bootsector-heartbeat.qcow2}
networks:
  lan: {libvirt: default}
instances:
  rebuilt: {flavor: speck, image: bootsector, networks: [lan]}
  resized: {flavor: speck, image: bootsector, networks: [lan]}
"""


def pages(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield (offset, content) of the pages of a sparse file that hold more than zeros."""
    end, offset = os.fstat(stream.fileno()).st_size, 0
    while offset < end:
        try:
            offset = os.lseek(stream.fileno(), offset, os.SEEK_DATA) // 4096 * 4096
        except OSError:  # nothing but a hole from here on
            return
        page = os.pread(stream.fileno(), 4096, offset)
        if page.strip(b"\0"):
            yield offset, page
        offset += 4096


class Acting:
    """An operator, who asks one thing at a time, and a look at disks and definitions that is not ours."""

    def __init__(self, controller: Controller, lab: Any) -> None:
        self.lab = lab
        self.direct = Direct(lab, controller.fleet)
        self.fleet = load_fleet(controller.fleet)[0]

    def item(self, name: str) -> ObservedInstance:
        return next(item for item in self.direct.observe().instances() if item.name == name)

    def does(self, make: Callable[..., Plan], name: str, *more: Any, failpoint: str | None = None) -> list[str]:
        """Carry out the plan that ``make`` makes of the fleet, the hosts and the instance."""
        snapshot = self.direct.observe()
        item = next(item for item in snapshot.instances() if item.name == name)
        return self.direct.carry_out(make(self.fleet, snapshot, item, *more), failpoint=failpoint)

    def verb(self, verb: str, name: str, failpoint: str | None = None) -> list[str]:
        return self.does(
            lambda _fleet, snapshot, item: plan_verb(snapshot, [item], VERBS[verb], {"timeout_s": 0}),
            name,
            failpoint=failpoint,
        )

    def shell(self, item: ObservedInstance, script: str) -> str:
        folder = f"/var/lib/novalite/instances/{item.uuid}"
        return str(self.lab.run(item.host, ["sh", "-ec", f"cd {folder}; {script}"])).strip()

    def digest(self, item: ObservedInstance, disk: str = "disk") -> str:
        """Return the SHA-256 of all that a guest reads from a disk: its size, and each page that is not empty."""
        self.shell(item, f"qemu-img convert -U -S 4k -O raw {disk} /var/lib/novalite/raw")
        path = self.lab.state_dir(item.host) / "raw"
        found = hashlib.sha256(str(path.stat().st_size).encode())
        with path.open("rb") as stream:
            for offset, page in pages(stream):
                found.update(b"%d:" % offset + page)
        path.unlink()
        return found.hexdigest()

    def write(self, item: ObservedInstance, pattern: int, disk: str = "disk") -> None:
        """Write into a disk behind its first MiB, as a guest would."""
        kind = "qcow2" if disk == "disk" else "raw"
        self.shell(item, f"qemu-io -f {kind} -c 'write -P {pattern} 4M 64k' {disk} >/dev/null")

    def definition(self, item: ObservedInstance) -> str:
        return str(self.lab.virsh(item.host, "dumpxml", "--inactive", item.uuid))

    def identity(self, item: ObservedInstance) -> tuple[Any, ...]:
        """Return what never changes: name, UUID, MACs, and which disk is which to the guest."""
        domain = ElementTree.fromstring(self.definition(item))
        macs = [mac.get("address") for mac in domain.findall("devices/interface/mac")]
        disks = {
            str(disk.find("source").get("file")).rpartition("/")[2]: disk.find("target").get("dev")  # type: ignore[union-attr]
            for disk in domain.findall("devices/disk")
        }
        return domain.findtext("name"), domain.findtext("uuid"), macs, disks


@pytest.fixture
def acting(controller: Controller, lab: Any) -> Acting:
    controller.declare(FLEET)
    made = Acting(controller, lab)
    made.direct.apply()
    return made


def rebuilding(image: str | None) -> Callable[..., Plan]:
    def make(fleet: Any, snapshot: Any, item: ObservedInstance) -> Plan:
        return plan_rebuild(fleet, snapshot, [item], fleet.images[image] if image else None, 0)

    return make


def resizing(flavor: str) -> Callable[..., Plan]:
    def make(fleet: Any, snapshot: Any, item: ObservedInstance) -> Plan:
        return plan_resize(fleet, snapshot, item, fleet.flavors[flavor], 0)

    return make


def test_a_rebuild_starts_from_the_image_and_keeps_the_rest(acting: Acting, lab: Any) -> None:
    """Of another image and back, once killed in the middle; the ephemeral disk keeps its bytes."""
    item = acting.item("rebuilt")
    said(lab, item.host, item.uuid, "novalite-bootsector: up")
    fresh = acting.digest(item)
    acting.verb("stop", "rebuilt")
    for disk in ("disk", "disk.local"):
        acting.write(item, 7, disk)
    ephemeral, identity = acting.digest(item, "disk.local"), acting.identity(item)
    assert acting.digest(item) != fresh
    acting.verb("start", "rebuilt")
    assert acting.does(rebuilding("heartbeat"), "rebuilt", failpoint="disk.replace.after:kill@1") == [item.host]
    assert (acting.item("rebuilt").interrupted, acting.direct.plan().is_empty) == ("rebuild", True)
    acting.does(rebuilding("heartbeat"), "rebuilt")
    said(lab, item.host, item.uuid, "heartbeat=000001")
    acting.does(rebuilding(None), "rebuilt")
    said(lab, item.host, item.uuid, "novalite-bootsector: up")
    now = acting.item("rebuilt")
    assert (now.power, now.spec["image"]["name"], now.interrupted, now.drift) == ("running", "bootsector", None, ())
    assert acting.digest(item) == fresh
    assert acting.digest(item, "disk.local") == ephemeral
    assert acting.identity(item) == identity
    assert acting.direct.plan().is_empty


def test_a_resize_is_reverted_to_every_byte_or_confirmed(acting: Acting, lab: Any) -> None:
    item = acting.item("resized")
    acting.verb("stop", "resized")
    acting.write(item, 7)
    before, identity, definition = acting.digest(item), acting.identity(item), acting.definition(item)
    acting.verb("start", "resized")

    refused = plan_resize(acting.fleet, acting.direct.observe(), acting.item("resized"), acting.fleet.flavors["whale"])
    assert "it stays on" in refused.problems[0].summary
    assert acting.does(resizing("large"), "resized", failpoint="disk.replace.before:kill@1") == [item.host]
    acting.does(resizing("large"), "resized")
    now = acting.item("resized")
    assert (now.status, now.power, now.drift, now.interrupted) == ("VERIFY_RESIZE", "running", (), None)
    assert "2 GiB" in acting.shell(item, "qemu-img info -U disk")
    assert lab.virsh(item.host, "vcpucount", "--live", "--current", item.uuid).strip() == "2"
    assert [change.action for change in acting.direct.plan().changes] == ["held"]
    lab.virsh(item.host, "destroy", item.uuid)
    acting.write(item, 9)
    assert acting.digest(item) != before
    acting.verb("revert", "resized")
    said(lab, item.host, item.uuid, "novalite-bootsector: up")
    assert acting.item("resized").status == "ACTIVE"
    assert acting.definition(item) == definition
    assert acting.digest(item) == before

    acting.verb("stop", "resized")
    acting.does(resizing("large"), "resized")
    acting.write(item, 9)
    written = acting.digest(item)
    acting.verb("confirm", "resized")
    now = acting.item("resized")
    assert (now.status, now.spec["flavor"]["name"], now.state.get("resize")) == ("SHUTOFF", "large", None)
    assert acting.digest(item) == written
    assert acting.identity(item) == identity
    assert "resize-old" not in acting.shell(item, "ls")
    acting.verb("start", "resized")
    said(lab, item.host, item.uuid, "novalite-bootsector: up")


def rescuing(image: str) -> Callable[..., Plan]:
    def make(fleet: Any, snapshot: Any, item: ObservedInstance) -> Plan:
        return plan_rescue(fleet, snapshot, [item], fleet.images[image], 0)

    return make


def test_a_rescue_boots_its_image_and_keeps_every_device(controller: Controller, acting: Acting, lab: Any) -> None:
    item = acting.item("resized")
    said(lab, item.host, item.uuid, "novalite-bootsector: up")
    definition, identity, content = acting.definition(item), acting.identity(item), acting.digest(item)
    assert acting.does(rescuing("heartbeat"), "resized", failpoint="domain.define.after:kill@1") == [item.host]
    acting.does(rescuing("heartbeat"), "resized")
    said(lab, item.host, item.uuid, "heartbeat=000001")
    now = acting.item("resized")
    assert (now.status, now.power, now.drift, now.interrupted) == ("RESCUE", "running", (), None)
    assert [change.action for change in acting.direct.plan().changes] == ["held"]
    during = acting.identity(item)
    assert during[:3] == identity[:3]
    assert during[3] == {**identity[3], "disk.rescue": "vdd"}
    there = addresses(lab.virsh(item.host, "dumpxml", item.uuid))
    assert addresses(definition).items() <= there.items()
    acting.verb("unrescue", "resized")
    said(lab, item.host, item.uuid, "novalite-bootsector: up")
    now = acting.item("resized")
    assert (now.status, now.power, now.state.get("rescue")) == ("ACTIVE", "running", None)
    assert acting.definition(item) == definition
    assert acting.digest(item) == content
    assert "rescue" not in acting.shell(item, "ls")
    assert acting.direct.plan().is_empty
    for power, status in (("rescued", "RESCUE"), ("running", "ACTIVE")):
        controller.declare(FLEET.replace("resized: {", f"resized: {{stop_timeout: 0s, power: {power}, "))
        acting.direct.apply()
        assert (acting.item("resized").status, acting.direct.plan().is_empty) == (status, True)
    assert acting.identity(item) == identity


def addresses(text: str) -> dict[str, str]:
    """Return the address of each disk and network card, by the names that guests and networks know them by."""
    devices = ElementTree.fromstring(text).find("devices")
    assert devices is not None
    found = {}
    for device in devices:
        name, address = device.find("target[@bus]"), device.find("address")
        name = device.find("mac") if name is None else name
        if name is not None and address is not None:
            found[str(name.get("dev") or name.get("address"))] = str(sorted(address.attrib.items()))
    return found
