# SPDX-License-Identifier: GPL-3.0-or-later
"""instance.json -> domain.xml -> facts.json, one folder a case. A case without instance.json is somebody else's domain.

instance.json holds only what differs from BASE. --update-golden writes the other two files.
"""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import known_hardware
from ansible_collections.novalite.compute.plugins.module_utils.domain_build import build_domain
from ansible_collections.novalite.compute.plugins.module_utils.domain_read import drift, read_domain
from ansible_collections.novalite.compute.plugins.module_utils.metadata import spec_from_domain

HERE = Path(__file__).parent
CASES = sorted(path.parent.name for path in HERE.glob("*/domain.xml"))
CASES = sorted({*CASES, *(path.parent.name for path in HERE.glob("*/instance.json"))})
BUILT = [case for case in CASES if (HERE / case / "instance.json").exists()]
STATE_DIR = "/var/lib/novalite"
BASE: dict[str, Any] = {
    "uuid": "8f0e6d3c-6b1a-5c1e-9d55-0d8f6a3b2c11",
    "project": "shop",
    "name": "web-0",
    "domain": "shop.web-0",
    "launch_index": 0,
    "availability_zone": None,
    "host": None,
    "flavor": {
        "name": "small",
        "vcpus": 1,
        "ram_mib": 512,
        "disk_gib": 4,
        "ephemeral_gib": 0,
        "swap_mib": 0,
        "extra_specs": {},
    },
    "image": {"name": "debian-12", "sha256": "d" * 64, "format": "qcow2", "min_disk_gib": 0, "properties": {}},
    "keypair": None,
    "ports": [
        {
            "network": "lan",
            "kind": "libvirt",
            "source": "default",
            "mac": "52:11:22:33:44:55",
            "fixed_ip": None,
            "cidr": None,
            "gateway": None,
            "dns": [],
            "mtu": None,
        }
    ],
    "group": None,
    "metadata": {},
    "user_data_sha256": None,
    "protect": False,
}


def merge(base: Any, change: Any) -> Any:
    """Return base with what a case says; lists are replaced."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    return {**base, **{key: merge(base.get(key), value) for key, value in change.items()}}


def load(case: str) -> tuple[dict[str, Any], str]:
    """Return a case's spec and virtualisation type."""
    said = json.loads((HERE / case / "instance.json").read_text())
    return merge(copy.deepcopy(BASE), said.get("spec", {})), said.get("virt_type", "kvm")


def indented(xml: str) -> str:
    """Return XML for people to review; nothing in a domain depends on white space between elements."""
    element = ElementTree.fromstring(xml)
    ElementTree.indent(element)
    return ElementTree.tostring(element, encoding="unicode") + "\n"


def domain_text(case: str) -> str:
    """Return a case's domain: what we build, or what is there."""
    return indented(build_domain(*load(case), STATE_DIR)) if case in BUILT else (HERE / case / "domain.xml").read_text()


def compare(path: Path, text: str, update: bool) -> None:
    if update:
        path.write_text(text)
    assert path.read_text() == text


@pytest.mark.parametrize("case", BUILT)
def test_spec_to_domain(case, request):
    spec, virt_type = load(case)
    xml = build_domain(spec, virt_type, STATE_DIR)
    assert build_domain(json.loads(json.dumps(spec)), virt_type, STATE_DIR) == xml
    compare(HERE / case / "domain.xml", domain_text(case), request.config.getoption("--update-golden", default=False))


@pytest.mark.parametrize("case", CASES)
def test_domain_to_facts(case, request):
    facts = read_domain(domain_text(case))
    text = json.dumps(facts, indent=1) + "\n"
    compare(HERE / case / "facts.json", text, request.config.getoption("--update-golden", default=False))


@pytest.mark.parametrize("case", BUILT)
def test_a_domain_does_not_drift_from_its_own_spec(case):
    spec, virt_type = load(case)
    element = ElementTree.fromstring(build_domain(spec, virt_type, STATE_DIR))
    assert drift(spec, read_domain(element)) == []
    assert spec_from_domain(element) == spec


@pytest.mark.parametrize("case", BUILT)
def test_nor_after_libvirt_has_rewritten_it(case, tmp_path):
    libvirt = pytest.importorskip("libvirt")
    spec, _virt_type = load(case)
    connection = libvirt.open("test:///default")
    domain = connection.defineXMLFlags(build_domain(spec, "test", STATE_DIR), libvirt.VIR_DOMAIN_DEFINE_VALIDATE)
    try:
        for flags in (0, libvirt.VIR_DOMAIN_XML_INACTIVE):
            element = ElementTree.fromstring(domain.XMLDesc(flags))
            assert drift(spec, read_domain(element)) == []
            assert spec_from_domain(element) == spec
    finally:
        domain.undefine()
        connection.close()


@pytest.mark.parametrize("case", BUILT)
def test_libvirts_own_schema_accepts_it(case, tmp_path):
    if shutil.which("virt-xml-validate") is None:
        pytest.skip("virt-xml-validate is not installed")
    path = tmp_path / "domain.xml"
    path.write_text(domain_text(case))
    done = subprocess.run(["virt-xml-validate", str(path), "domain"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


CHANGES = [
    ("flavor.vcpus", lambda facts: facts.update(vcpus=9)),
    ("flavor.ram_mib", lambda facts: facts.update(ram_mib=9)),
    ("domain", lambda facts: facts.update(domain="other")),
    ("ports.0.mac", lambda facts: facts["ports"][0].update(mac="52:00:00:00:00:01")),
    ("ports.0.source", lambda facts: facts["ports"][0].update(source="other")),
    ("ports.0.kind", lambda facts: facts["ports"][0].update(kind="bridge")),
    ("ports.0.mtu", lambda facts: facts["ports"][0].update(mtu=9000)),
    ("ports.0.link", lambda facts: facts["ports"][0].update(link="down")),
    ("ports", lambda facts: facts["ports"].clear()),
    ("flavor.max_vcpus", lambda facts: facts.update(max_vcpus=4)),
    ("flavor.max_ram_mib", lambda facts: facts.update(max_ram_mib=1024)),
    ("disks", lambda facts: facts["disks"].pop()),
    ("disks", lambda facts: facts["disks"][0].update(path="/elsewhere/disk")),
]


@pytest.mark.parametrize(("path", "change"), CHANGES)
def test_each_kind_of_drift_is_found_and_named(path, change):
    facts = read_domain(build_domain(BASE, "kvm", STATE_DIR))
    change(facts)
    found = drift(BASE, facts)
    assert [entry["path"] for entry in found] == [path]
    assert found[0]["expected"] != found[0]["actual"]


def test_every_property_that_changes_a_domain_is_in_some_case():
    said = {name for case in BUILT for name in load(case)[0]["image"]["properties"]}
    assert said >= known_hardware.PROPERTIES


def test_every_extra_spec_too():
    said = {name for case in BUILT for name in load(case)[0]["flavor"]["extra_specs"]}
    assert said >= known_hardware.EXTRA_SPECS


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('<filterref filter="clean-traffic"><parameter name="IP" value="10.0.0.9"/></filterref>', []),
        ('<filterref filter="clean-traffic"><parameter name="IP" value="10.0.0.8"/></filterref>', [0]),
        ('<filterref filter="allow-arp"/>', [0]),
        ("", [0]),
    ],
)
def test_a_filter_that_was_changed_by_hand_is_found(text, found):
    spec, virt_type = load("filtered_ports")
    spec["ports"] = spec["ports"][:1]
    element = ElementTree.fromstring(build_domain(spec, virt_type, STATE_DIR))
    card = element.find("devices/interface")
    card.remove(card.find("filterref"))
    card.extend(ElementTree.fromstring(f"<a>{text}</a>"))
    expected = [f"ports.{index}.port_security" for index in found]
    assert [entry["path"] for entry in drift(spec, read_domain(element))] == expected


def test_a_filter_that_nobody_asked_for_is_left_alone():
    element = ElementTree.fromstring(build_domain(BASE, "kvm", STATE_DIR))
    ElementTree.SubElement(element.find("devices/interface"), "filterref", {"filter": "clean-traffic"})
    assert drift(BASE, read_domain(element)) == []
