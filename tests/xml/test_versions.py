# SPDX-License-Identifier: GPL-3.0-or-later
"""What several versions of libvirt add by themselves to a definition of ours: none of it is a difference in meaning.

``recorded/`` is what real ones said (record.py makes it: QEMU without kvm, firmware and swtpm of the same suite). What
is written by hand below is no recording: there are no packages of libvirt 10 to record with.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from ansible_collections.novalite.compute.plugins.module_utils.domain_read import drift, read_domain
from ansible_collections.novalite.compute.plugins.module_utils.metadata import spec_from_domain
from ansible_collections.novalite.compute.plugins.module_utils.pending import pending

HERE = Path(__file__).parent
CASES = ("smallest", "two_ports", "all_disks", "uefi", "limits", "room_to_grow")

EVERY = """<domain><currentMemory unit='KiB'>%s</currentMemory><resource><partition>/machine</partition></resource>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<controller type='usb' index='0' model='qemu-xhci' ports='15'/><controller type='sata' index='0'/>
<controller type='pci' index='0' model='pcie-root'/>
<controller type='pci' index='1' model='pcie-root-port'>
<model name='pcie-root-port'/><target chassis='1' port='0x10'/>
</controller><controller type='virtio-serial' index='0'/>
<input type='mouse' bus='ps2'/><input type='keyboard' bus='ps2'/>
<memballoon model='virtio'/></devices></domain>"""
AUDIO = "<domain><devices><audio id='1' type='none'/></devices></domain>"
ITCO = "<domain><devices><watchdog model='itco' action='reset'/></devices></domain>"

# Version -> what it adds.
VERSIONS = {"7": (EVERY,), "10": (EVERY, AUDIO, ITCO), "11": (EVERY, AUDIO, ITCO)}
MACHINES = {"7": "pc-q35-6.2", "10": "pc-q35-8.2", "11": "pc-q35-10.0"}


def rewritten(case: str, version: str) -> ElementTree.Element:
    """Return a definition of ours as a version of libvirt gives it back."""
    domain = ElementTree.fromstring((HERE / case / "domain.xml").read_text())
    has_present = domain.find("currentMemory") is not None
    has_watchdog = domain.find("devices/watchdog") is not None
    for text in VERSIONS[version]:
        for part in ElementTree.fromstring(text % domain.findtext("memory") if "%s" in text else text):
            if part.tag == "devices":
                found = [child for child in part if child.tag != "watchdog" or not has_watchdog]
                domain.find("devices").extend(found)
            elif part.tag != "currentMemory" or not has_present:
                domain.append(part)
    machine = domain.find("os/type")
    if machine.get("machine") == "q35":
        machine.set("machine", MACHINES[version])
    domain.find("cpu").attrib.setdefault("check", "partial")
    for number, device in enumerate(domain.findall("devices/disk") + domain.findall("devices/interface")):
        attributes = {
            "type": "pci",
            "domain": "0x0000",
            "bus": f"0x{number + 1:02x}",
            "slot": "0x00",
            "function": "0x0",
        }
        ElementTree.SubElement(device, "address", attributes)
    return domain


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", CASES)
def test_what_libvirt_adds_is_no_drift(case: str, version: str) -> None:
    domain = rewritten(case, version)
    assert drift(spec_from_domain(domain), read_domain(domain)) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_and_what_somebody_changed_still_is(version: str) -> None:
    domain = rewritten("smallest", version)
    domain.find("vcpu").text = "4"
    assert [entry["path"] for entry in drift(spec_from_domain(domain), read_domain(domain))] == ["flavor.vcpus"]


RECORDED = sorted((HERE / "recorded").glob("*/*.defined.xml"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_it_recorded_is_no_drift_and_waits_for_nothing(path: Path) -> None:
    """As defined and, where it could be started, as it ran."""
    defined = ElementTree.parse(path).getroot()
    if path.parent.name == "7.0.0":  # without kvm it is of no use to us: QEMU's maximum CPU came with 7.1
        defined.set("type", "kvm")
    facts = read_domain(defined)
    assert drift(spec_from_domain(defined), facts) == []
    running = path.with_name(path.name.replace(".defined.", ".running."))
    if running.exists():
        assert pending(ElementTree.parse(running).getroot(), defined, facts) == []


def test_several_versions_are_recorded() -> None:
    versions = {path.parent.name.partition(".")[0] for path in RECORDED}
    assert versions >= {"7", "9", "11"}
    assert len(list((HERE / "recorded").glob("*/*.running.xml"))) > 10 * len(versions) - 5
