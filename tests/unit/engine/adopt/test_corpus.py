# SPDX-License-Identifier: GPL-3.0-or-later
"""Every domain of tests/corpus/adopt: adopted, valid, the plan adopts it and nothing else, and then is empty."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import domain_meaning
from ansible_collections.novalite.compute.plugins.module_utils.adopted import adopted_drift
from ansible_collections.novalite.compute.plugins.module_utils.domain_read import read_domain
from ansible_collections.novalite.compute.plugins.module_utils.domain_usage import usage_from_facts
from builders import make_facts, make_snapshot
from novalite.adopt.propose import propose
from novalite.adopt.reading import ReadDisk, ReadDomain
from novalite.adopt.unsaid import find_unsaid
from novalite.adopt.write import fleet_text
from novalite.plan.build import reconcile
from novalite.plan.file import plan_to_dict, summary
from novalite.spec.load import load_fleet
from simulate import simulate

if TYPE_CHECKING:
    from novalite.model.snapshot import Snapshot

CORPUS = sorted((Path(__file__).parents[3] / "corpus" / "adopt").glob("*.xml"))
_CARDS = ("bridge", "network", "direct", "user", "vhostuser", "bridge")
# Of each: its name here, and what of it the language does not say.
KEPT = {
    "block_and_lun": ("lvm-host", "blkiotune, disk vda, disk sda, controller scsi, disk vdb"),
    "command_line": ("cmd", "commandline, capabilities"),
    "desktop_spice": (
        "ada-desktop",
        "channel, graphics spice, sound ich9, audio, video, redirdev, smartcard, watchdog i6300esb",
    ),
    "filesystems": ("build-server-01", "memoryBacking, filesystem, filesystem, vsock"),
    "floppy_and_oddities": (
        "vm-2003-server",
        "memtune, os, disk hda, disk fda, serial, parallel, shmem, memory, interface network",
    ),
    "hostdev_gpu": ("gpu-box", "features, cpu, hostdev, hostdev, hostdev, iommu"),
    "many_cards": (
        "router",
        f"cpu{''.join(f', interface {kind}' for kind in _CARDS)}",
    ),
    "pinned_hugepages": ("hpc-1", "memoryBacking, vcpu, iothreads, cputune, numatune, cpu, disk vda"),
    "plain_virt_install": ("mail", ""),
    "sata_and_ide": ("old-db", "os, disk sda, disk hda, interface network, interface bridge"),
    "uefi_tpm": ("secure", "os, features, tpm"),
    "windows": ("win-2019", "features, cpu, clock, disk sda, disk sdb, disk sdc, interface network, panic"),
}


def read(path: Path, power: str = "running") -> ReadDomain:
    """Return what the module domain_xml would tell, with a first disk of 10.5 GiB."""
    text = path.read_text()
    element = ElementTree.fromstring(text)
    sha256 = domain_meaning.meaning_sha256(domain_meaning.parts_of_domain(element))
    disks = (ReadDisk("vda", "/disk", 21 * 1024**3 // 2),)
    return ReadDomain(str(element.findtext("uuid")), str(element.findtext("name")), power, True, text, sha256, disks)


def foreign(domain: ReadDomain) -> dict[str, Any]:
    """Return what host facts say of it."""
    facts = read_domain(domain.xml)
    macs = sorted({port["mac"] for port in facts["ports"]})
    usage = usage_from_facts(facts, None)
    return {"uuid": domain.uuid, "domain": domain.domain, "power": domain.power, "usage": usage, "macs": macs}


def world(*domains: ReadDomain) -> Snapshot:
    return make_snapshot(
        make_facts("kvm-1", foreign=[foreign(one) for one in domains], cpus=64, memory_mib=65536), make_facts("kvm-2")
    )


def test_every_file_is_told_of() -> None:
    assert [path.stem for path in CORPUS] == sorted(KEPT)
    assert len(CORPUS) >= 10


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_adopted_then_empty(path: Path, tmp_path: Path) -> None:
    domain = read(path)
    name, kept = KEPT[path.stem]
    proposal = propose("kvm-1", [domain], None)
    assert [(one.name, ", ".join(one.kept)) for one in proposal.adopted] == [(name, kept)]
    (tmp_path / "fleet.yml").write_text(fleet_text(proposal, "kvm-1", "legacy"))
    fleet, problems = load_fleet(tmp_path)
    assert fleet is not None, problems
    assert not problems
    before = world(domain)
    plan = reconcile(fleet, before)
    assert {key: count for key, count in summary(plan).items() if count} == {"adopt": 1}
    assert not plan.problems
    after = simulate(before, plan)
    again = reconcile(fleet, after)
    assert (again.is_empty, again.changes, again.problems) == (True, (), ())
    # The mark of the host holds the parts; the domain that was read has not drifted from them.
    (step,) = plan_to_dict(plan)["waves"][0]
    element = ElementTree.fromstring(domain.xml)
    parts = domain_meaning.parts_of_domain(element)
    spec = {**step["body"]["spec"], "adopted": {**step["body"]["spec"]["adopted"], "parts": parts}}
    assert adopted_drift(spec, element, read_domain(element)) == []
    assert adopted_drift(spec, rewritten(element), read_domain(element)) == []


def rewritten(element: ElementTree.Element) -> ElementTree.Element:
    """Return a domain as libvirt may write it another day: other addresses, aliases, labels, more controllers."""
    copy = ElementTree.fromstring(ElementTree.tostring(element))
    copy.find("title") is None and ElementTree.SubElement(copy, "title")  # type: ignore[func-returns-value]
    ElementTree.SubElement(copy, "seclabel", {"type": "dynamic", "model": "dac", "relabel": "yes"})
    devices = copy.find("devices")
    assert devices is not None
    for number, device in enumerate(devices):
        for address in device.findall("address"):
            device.remove(address)
        ElementTree.SubElement(device, "address", {"type": "pci", "slot": str(number)})
        ElementTree.SubElement(device, "alias", {"name": f"dev{number}"})
    ElementTree.SubElement(devices, "controller", {"type": "pci", "index": "30", "model": "pcie-root-port"})
    ElementTree.SubElement(devices, "watchdog", {"model": "itco", "action": "reset"})
    return copy


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_what_is_kept_is_cut_out_as_it_stands(path: Path) -> None:
    text = path.read_text()
    kept = find_unsaid(text)
    if kept is None:
        assert not KEPT[path.stem][1]
        return
    lines = {line.strip() for line in text.splitlines()}
    assert {line.strip() for line in kept.xml.splitlines()} <= lines
    spaces = "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"
    whole = ElementTree.fromstring(f"<domain {spaces}>{kept.xml}</domain>")
    assert sum(len(one) if one.tag == "devices" else 1 for one in whole) == len(kept.names)


def test_all_of_them_together(tmp_path: Path) -> None:
    """One fleet for the whole host; flavors of the same sizes are one, each network once, names are free."""
    domains = [read(path, "shutoff") for path in CORPUS]
    proposal = propose("kvm-1", domains, None, taken=["mail"])
    (tmp_path / "fleet.yml").write_text(fleet_text(proposal, "kvm-1", "legacy"))
    fleet, problems = load_fleet(tmp_path)
    assert fleet is not None, problems
    assert len(fleet.instances) == len(CORPUS)
    assert "mail-2" in fleet.instances
    assert set(fleet.networks) == {"default", "br0", "ovs-br"}
    assert "adopted-2c-4g-11g" in fleet.flavors
    assert {one.power for one in fleet.instances.values()} == {"shutoff"}
    assert summary(reconcile(fleet, world(*domains)))["adopt"] == len(CORPUS)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("<hidden state='on'/>", "<hidden state='off'/>", {"domain.features": "changed"}),
        ("bus='0x81' slot='0x00' function='0x1'", "bus='0x82' slot='0x00' function='0x1'",
         {"domain.devices.hostdev#2": "changed"}),
        ("    <iommu model='intel'/>\n", "", {"domain.devices.iommu": "gone"}),
        ("<rom bar='off'/>", "<rom bar='on'/>", {"domain.devices.hostdev": "changed"}),
        ("dev='vda' bus", "dev='vdb' bus", {"domain.devices.disk.vda": "gone", "domain.devices.disk.vdb": "added"}),
        ("16777216", "8388608", {"flavor.ram_mib": 8192}),
        (">2</vcpu>", ">3</vcpu>", {"flavor.vcpus": 3}),
        ("<name>gpu-box</name>", "<name>other</name>", {"domain": "other"}),
        ("  <memory unit", "  <title>New</title>\n  <memory unit", {}),
    ],
)  # fmt: skip
def test_what_somebody_changes_is_told_by_name(old: str, new: str, told: dict[str, Any]) -> None:
    (path,) = [one for one in CORPUS if one.stem == "hostdev_gpu"]
    text = path.read_text()
    assert old in text
    parts = domain_meaning.parts_of_domain(ElementTree.fromstring(text))
    spec = {"domain": "gpu-box", "flavor": {"vcpus": 2, "ram_mib": 16384}, "adopted": {"sha256": "", "parts": parts}}
    element = ElementTree.fromstring(text.replace(old, new))
    found = {one["path"]: one["actual"] for one in adopted_drift(spec, element, read_domain(element))}
    assert found == told
