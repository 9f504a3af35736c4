# SPDX-License-Identifier: GPL-3.0-or-later
"""What is matched with a fleet, what is proposed, what is left out; names made legal."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from builders import DEBIAN, LAN, SMALL, make_flavor, make_fleet, make_instance
from novalite.adopt.names import free_name, legal_name
from novalite.adopt.propose import Proposal, propose
from novalite.adopt.reading import ReadDisk, ReadDomain, domains_from_document
from novalite.model.adoption import Adoption
from novalite.model.image import NO_IMAGE

XML = """<domain type='kvm'><name>old</name><uuid>6f1e0c1a-6a0e-4a52-9a55-0d5f3c6f9b1e</uuid>
  <memory unit='KiB'>524288</memory><currentMemory unit='KiB'>524288</currentMemory><vcpu>1</vcpu>
  <os><type>hvm</type></os>
  <devices>
    <interface type='network'><mac address='52:54:00:00:00:09'/><source network='default'/><model type='virtio'/>
    </interface>
    <interface type='bridge'><mac address='52:54:00:00:00:0A'/><source bridge='br-lan'/><model type='virtio'/>
    </interface>
    <interface type='network'><mac address='52:54:00:00:00:0b'/><source network='a name with spaces'/>
      <model type='virtio'/></interface>
  </devices>
</domain>"""
BASE = "/var/lib/libvirt/images/debian.qcow2"
DISK = ReadDisk("vda", "/disk", 4 * 1024**3, (BASE,), DEBIAN.sha256)
OLD = ReadDomain("6f1e0c1a-6a0e-4a52-9a55-0d5f3c6f9b1e", "old", "running", True, XML, "8" * 64, (DISK,))
FLEET = attrs.evolve(
    make_fleet(make_instance("web-0")), flavors={"small": SMALL}, images={"debian-12": DEBIAN}, networks={"lan": LAN}
)


def entry(proposal: Proposal) -> Any:
    (found,) = proposal.document["instances"].values()
    return found


def test_what_the_fleet_has_is_used() -> None:
    proposal = propose("kvm-1", [OLD], FLEET)
    assert set(proposal.document) == {"instances", "networks"}
    found = entry(proposal)
    assert (found["flavor"], found["image"], found["power"], found["protect"]) == (
        "small",
        "debian-12",
        "running",
        True,
    )
    assert found["adopt"] == {"host": "kvm-1", "uuid": OLD.uuid, "domain": "old", "sha256": "8" * 64}
    ports = [("lan", "52:54:00:00:00:09"), ("br-lan", "52:54:00:00:00:0a")]  # the third has a name we cannot say
    assert [(port["network"], port["mac"]) for port in found["networks"]] == ports
    assert proposal.document["networks"] == {"br-lan": {"bridge": "br-lan"}}


@pytest.mark.parametrize(
    ("flavor", "expected"),
    [
        (make_flavor("small"), "small"),
        (make_flavor("small", vcpus=2), "adopted-1c-512m-4g"),
        (make_flavor("small", disk_gib=5), "adopted-1c-512m-4g"),
        (make_flavor("small", extra_specs={"hw:cpu_policy": "dedicated"}), "adopted-1c-512m-4g"),
        (make_flavor("small", ephemeral_gib=1), "adopted-1c-512m-4g"),
        (make_flavor("adopted-1c-512m-4g", vcpus=2), "adopted-1c-512m-4g-2"),
    ],
)
def test_flavors(flavor: Any, expected: str) -> None:
    fleet = attrs.evolve(FLEET, flavors={flavor.name: flavor})
    assert entry(propose("kvm-1", [OLD], fleet))["flavor"] == expected


@pytest.mark.parametrize(
    ("disk", "image", "note"),
    [
        (DISK, "debian-12", ""),
        (attrs.evolve(DISK, image=None), None, f"disk vda is based on {BASE}"),
        (attrs.evolve(DISK, image="e" * 64), None, "image eeeeeeeeeeee, which the fleet does not have"),
        (attrs.evolve(DISK, chain=(), image=None), None, ""),
        (attrs.evolve(DISK, chain=(), image=None, error="no such file"), None, "cannot be read: no such file"),
    ],
)
def test_images(disk: ReadDisk, image: str | None, note: str) -> None:
    proposal = propose("kvm-1", [attrs.evolve(OLD, disks=(disk,))], FLEET)
    assert entry(proposal)["image"] == image
    assert note in "; ".join(proposal.adopted[0].notes)
    assert note or not proposal.adopted[0].notes


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"persistent": False}, "it is transient"), ({"uuid": "77777777-6a0e-4a52-9a55-0d5f3c6f9b1e"}, "as known")],
)
def test_who_is_left_out(change: dict[str, Any], reason: str) -> None:
    adopt = Adoption("kvm-1", "77777777-6a0e-4a52-9a55-0d5f3c6f9b1e", "old", "8" * 64)
    fleet = attrs.evolve(FLEET, instances={"known": make_instance("known", adopt=adopt, image=NO_IMAGE)})
    proposal = propose("kvm-1", [attrs.evolve(OLD, **change)], fleet)
    assert (proposal.document, proposal.adopted) == ({}, [])
    assert reason in proposal.skipped[0][1]


@pytest.mark.parametrize(
    ("power", "said"),
    [("running", "running"), ("paused", "paused"), ("suspended", "suspended"), ("crashed", "running"),
     ("asleep", "running")],
)  # fmt: skip
def test_power_is_as_it_is(power: str, said: str) -> None:
    assert entry(propose("kvm-1", [attrs.evolve(OLD, power=power)], FLEET))["power"] == said


@pytest.mark.parametrize(
    ("text", "name"),
    [("Old_DB", "old-db"), ("web.1", "web-1"), ("1st", "vm-1st"), ("---", "vm"), ("Ä", "vm"), ("a" * 80, "a" * 63),
     ("x" * 62 + "_y", "x" * 62)],
)  # fmt: skip
def test_names_are_made_legal(text: str, name: str) -> None:
    assert legal_name(text) == name


def test_names_are_numbered_where_somebody_has_them() -> None:
    assert free_name("db", {"db", "db-2"}) == "db-3"
    assert len(free_name("a" * 63, {"a" * 63})) == 63
    two = [OLD, attrs.evolve(OLD, uuid="11111111-6a0e-4a52-9a55-0d5f3c6f9b1e", domain="OLD")]
    proposal = propose("kvm-1", two, FLEET, taken=["old-2"])
    assert [(one.domain, one.name) for one in proposal.adopted] == [("OLD", "old"), ("old", "old-3")]


def test_xml_that_declares_anything_is_refused() -> None:
    said = {**attrs.asdict(OLD), "xml": "<!DOCTYPE x [<!ENTITY a 'b'>]><domain/>", "disks": []}
    with pytest.raises(ValueError, match="entities"):
        domains_from_document({"domains": [said]})
