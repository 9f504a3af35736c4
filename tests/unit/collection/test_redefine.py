# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/redefine.py, pending.py, pci_slots.py: on a domain as libvirt 9.0 wrote it, off and running.

It has two CPUs of four, UEFI, sound, USB, a watchdog, limits, all disks and a second CD-ROM.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ansible_collections.novalite.compute.plugins.module_utils.domain_read import drift, read_domain
from ansible_collections.novalite.compute.plugins.module_utils.metadata import spec_from_domain, state_from_domain
from ansible_collections.novalite.compute.plugins.module_utils.pci_slots import assign_slots
from ansible_collections.novalite.compute.plugins.module_utils.pending import pending
from ansible_collections.novalite.compute.plugins.module_utils.redefine import REPAIRS, redefine, repairs_of

RECORDED = Path(__file__).resolve().parents[2] / "xml" / "on_libvirt_9_0"
STATE_DIR = "/var/lib/novalite"


def recorded(name="defined"):
    return ElementTree.parse(RECORDED / f"{name}.xml").getroot()


def merged(base, change):
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    return {**base, **{key: merged(base.get(key), value) for key, value in change.items()}}


def spec_with(**changes):
    return merged(json.loads(json.dumps(spec_from_domain(recorded()))), changes)


def whole(domain):
    """Return tag and number -> text of every part of a domain but its mark, without white space."""
    domain = copy.deepcopy(domain)
    for element in domain.iter():
        element.text, element.tail = (element.text or "").strip(), None
    found = {}
    for part in [*domain, *domain.find("devices")]:
        if part.tag not in ("metadata", "devices"):
            number = sum(1 for tag, _ in found if tag == part.tag)
            found[part.tag, number] = ElementTree.tostring(part, encoding="unicode")
    return found


def changed(before, after):
    left, right = whole(before), whole(after)
    return sorted({key[0] for key in set(left) | set(right) if left.get(key) != right.get(key)})


def addresses(domain):
    """Return what a device is for the guest -> its address."""
    found = {}
    for device in domain.find("devices"):
        target, mac, address = device.find("target"), device.find("mac"), device.find("address")
        if address is not None:
            name = mac.get("address") if mac is not None else None if target is None else target.get("dev")
            found[device.tag, device.get("type"), device.get("index"), name] = sorted(address.attrib.items())
    return found


PORT = {"network": "lan", "kind": "bridge", "source": "br0", "mac": "52:00:00:00:00:01", "fixed_ip": None}
PORT |= {"cidr": None, "gateway": None, "dns": [], "mtu": None}

# What the spec says otherwise -> the parts of the definition that are not as they were.
CHANGES = [
    ({}, []),
    ({"metadata": {"a": "b"}}, []),
    ({"name": "web-1"}, ["title"]),
    ({"flavor": {"vcpus": 3}}, ["vcpu"]),
    ({"flavor": {"ram_mib": 96}}, ["currentMemory"]),
    ({"flavor": {"max_ram_mib": 256}}, ["memory"]),
    ({"flavor": {"swap_mib": 0}}, ["disk"]),
    ({"flavor": {"ephemeral_gib": 0}}, ["disk"]),
    ({"cdrom": None}, ["disk"]),
    ({"ports": []}, ["interface"]),
    ({"image": {"properties": {"hw_vif_model": "e1000"}}}, ["interface"]),
    ({"image": {"properties": {"hw_boot_menu": "true"}}}, ["os"]),
    ({"image": {"properties": {"hw_pmu": "false"}}}, ["features"]),
    ({"image": {"properties": {"hw_sound_model": "ich9"}}}, ["sound"]),
    ({"flavor": {"extra_specs": {"hw:watchdog_action": "pause"}}}, ["watchdog"]),
    ({"flavor": {"extra_specs": {"hw_rng:allowed": "false"}}}, ["rng"]),
    ({"flavor": {"extra_specs": {"quota:cpu_shares": "9"}}}, ["cputune"]),
    ({"flavor": {"extra_specs": {"quota:disk_read_iops_sec": "0"}}}, ["disk"]),
]


@pytest.mark.parametrize(("said", "parts"), CHANGES, ids=lambda value: json.dumps(value)[:60])
def test_only_what_the_spec_says_otherwise_changes(said, parts):
    before, spec = recorded(), spec_with(**said)
    files = "<os><loader type='pflash'>/code.fd</loader><nvram>/vars.fd</nvram></os>"  # as later libvirts write them
    before.find("os").extend(ElementTree.fromstring(files))
    paths = [entry["path"] for entry in drift(spec, read_domain(before))]
    after = redefine(before, spec_with(), spec, STATE_DIR, paths, {"lock": {"reason": "x"}})
    assert changed(before, after) == parts
    assert (spec_from_domain(after), state_from_domain(after)) == (spec, {"lock": {"reason": "x"}})
    assert drift(spec, read_domain(after)) == []
    left, right = addresses(before), addresses(after)
    assert right == {key: address for key, address in left.items() if key in right}
    assert after.findtext("os/nvram") == "/vars.fd"
    assert after.find("os/type").get("machine") == "pc-q35-7.2"


def test_a_disk_moves_to_another_bus_and_a_card_keeps_its_place():
    spec = spec_with(image={"properties": {"hw_disk_bus": "scsi"}}, ports=[PORT, *spec_with()["ports"]])
    after = redefine(recorded(), spec_with(), spec, STATE_DIR, [], None)
    targets = [disk.find("target").attrib for disk in after.findall("devices/disk")]
    assert len({target["dev"] for target in targets}) == len(targets) == 5
    assert {target["bus"] for target in targets} == {"scsi"}
    assert [card.find("mac").get("address") for card in after.findall("devices/interface")] == [
        PORT["mac"],
        spec["ports"][1]["mac"],
    ]
    assert after.findall("devices/interface")[1].find("address") is not None


def test_another_machine_begins_anew():
    spec = spec_with(image={"properties": {"hw_machine_type": "pc"}})
    after = redefine(recorded(), spec_with(), spec, STATE_DIR, [], None)
    assert (after.find("os/type").get("machine"), addresses(after)) == ("pc", {})
    assert spec_from_domain(after) == spec


def set_of(path, **values):
    def change(domain):
        for name, value in values.items():
            element = domain.find(path)
            if name == "text":
                element.text = value
            else:
                element.set(name.rstrip("_"), value)

    return change


def drop(path):
    def change(domain):
        parent = domain.find(path + "/..")
        parent.remove(domain.find(path))

    return change


CARD = "devices/interface"
BY_HAND = [
    ("flavor.vcpus", set_of("vcpu", current="4")),
    ("flavor.max_vcpus", set_of("vcpu", text="8")),
    ("flavor.ram_mib", set_of("currentMemory", text="1024")),
    ("flavor.max_ram_mib", set_of("memory", text=str(512 * 1024))),
    ("disks", drop("devices/disk[1]")),
    ("disks", drop("devices/disk[3]")),
    ("cdrom", drop("devices/disk[5]/source")),
    ("ports", drop(CARD)),
    ("ports.0.mac", set_of(CARD + "/mac", address="52:00:00:00:00:09")),
    ("ports.0.source", set_of(CARD + "/source", network="other")),
    ("hardware.cpu.topology", drop("cpu/topology")),
    ("hardware.cpu.mode", set_of("cpu", mode="custom")),
    ("hardware.clock.hpet", set_of("clock/timer[3]", present="yes")),
    ("hardware.disks.iotune", drop("devices/disk[1]/iotune")),
    ("hardware.rng", drop("devices/rng")),
    ("hardware.serial.ports", drop("devices/serial[2]")),
    ("hardware.watchdog.action", set_of("devices/watchdog", action="pause")),
    ("hardware.sound.model", drop("devices/sound")),
    ("hardware.video.model", set_of("devices/video/model", type="cirrus")),
    ("hardware.usb.model", set_of("devices/controller[@type='usb']", model="nec-xhci")),
    ("hardware.agent", drop("devices/channel")),
    ("hardware.os.firmware", lambda domain: domain.find("os").attrib.clear()),
]


@pytest.mark.parametrize(("path", "by_hand"), BY_HAND, ids=[path for path, _ in BY_HAND])
def test_what_somebody_changed_by_hand_is_undone(path, by_hand):
    before, spec = recorded(), spec_with()
    by_hand(before)
    paths = [entry["path"] for entry in drift(spec, read_domain(before))]
    assert path in paths
    after = redefine(before, spec, spec, STATE_DIR, paths, None)
    assert drift(spec, read_domain(after)) == []


def test_every_path_of_drift_has_a_repair():
    assert {row.prefix for row in REPAIRS} >= {"disks", "cdrom", "ports.", "ports", "flavor.vcpus", "flavor.ram_mib"}
    for path in ("domain", "hardware", "extra_xml"):
        with pytest.raises(KeyError):
            repairs_of([path])


def test_a_new_device_gets_an_address_that_is_free_now_and_later():
    defined, running = recorded(), recorded("running")
    spec = spec_with(ports=[*spec_with()["ports"], PORT, {**PORT, "mac": "52:00:00:00:00:02"}])
    made = redefine(defined, spec_with(), spec, STATE_DIR, [], None)
    assign_slots(made, running)
    first, second = (card.find("address") for card in made.findall("devices/interface")[1:])
    taken = {address.get("bus") for address in running.findall("devices/*/address[@type='pci']")}
    ports = {
        f"0x{int(port.get('index')):02x}" for port in running.findall("devices/controller[@model='pcie-root-port']")
    }
    assert first.get("bus") in ports - taken
    assert second is None, "there is one free port: the other card waits"


EXPANDED = """<cpu mode="custom" match="exact" check="full"><model>EPYC</model><feature policy="require" name="x2apic"/>
<maxphysaddr mode="emulate" bits="40"/></cpu>"""


def expand(domain):
    place = list(domain).index(domain.find("cpu"))
    topology = domain.find("cpu/topology")
    domain.remove(domain.find("cpu"))
    domain.insert(place, ElementTree.fromstring(EXPANDED))
    domain.find("cpu").append(topology)


def as_host_model(domain):
    domain.find("cpu").set("mode", "host-model")


# What libvirt or the guest do by themselves: (to what runs, to the definition).
SILENT = {
    "nothing": (None, None),
    "the CPU of the host in full": (expand, as_host_model),
    "a balloon that moves": (set_of("currentMemory", text="100000"), None),
    "the guest opened a tray": (
        lambda domain: (
            set_of("devices/disk[5]/target", tray="open")(domain),
            drop("devices/disk[5]/source")(domain),
        ),
        None,
    ),
    "the guest ejected its config drive": (
        lambda domain: (
            set_of("devices/disk[4]/target", tray="open")(domain),
            drop("devices/disk[4]/source")(domain),
        ),
        None,
    ),
    "a network that is a bridge": (
        lambda domain: (set_of(CARD, type_="bridge")(domain), set_of(CARD + "/source", bridge="br7")(domain)),
        None,
    ),
    "numad": (set_of("vcpu", cpuset="0-3"), None),
    "the MTU of the network": (lambda domain: ElementTree.SubElement(domain.find(CARD), "mtu", {"size": "1400"}), None),
}


@pytest.mark.parametrize("name", SILENT)
def test_what_libvirt_and_the_guest_do_by_themselves_is_not_pending(name):
    running, defined = recorded("running"), recorded()
    for change, domain in zip(SILENT[name], (running, defined), strict=True):
        if change is not None:
            change(domain)
    assert pending(running, defined) == []


@pytest.mark.parametrize(
    ("path", "by_hand"),
    [row for row in BY_HAND if row[0] not in ("flavor.ram_mib", "ports.0.mac", "hardware.os.firmware")]
    + [
        ("hardware.os.machine", set_of("os/type", machine="pc-q35-9.0")),
        ("ports.0.model", set_of(CARD + "/model", type="e1000")),
        ("disks.disk.bus", set_of("devices/disk[1]/target", bus="scsi")),
    ],
)
def test_what_differs_waits(path, by_hand):
    running, defined = recorded("running"), recorded()
    by_hand(running)
    found = pending(running, defined)
    assert path in [entry["path"] for entry in found]
    assert all(entry["running"] != entry["defined"] for entry in found)
