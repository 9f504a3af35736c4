# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has for guests, from libvirt's documents; and what domains hold of it."""

from __future__ import annotations

from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import (
    hardware,
    holdings,
    host_devices,
    host_numa,
    host_pci,
)
from ansible_collections.novalite.compute.plugins.module_utils.claim import full_address
from ansible_collections.novalite.compute.plugins.module_utils.cpu_list import format_cpus, parse_cpus
from ansible_collections.novalite.compute.plugins.module_utils.cpu_topology import topology_from_spec
from ansible_collections.novalite.compute.plugins.module_utils.domain_build import build_domain
from ansible_collections.novalite.compute.plugins.module_utils.domain_read import drift, read_domain
from ansible_collections.novalite.compute.plugins.module_utils.host_error import HostError
from ansible_collections.novalite.compute.plugins.module_utils.xml_tools import Seen


@pytest.mark.parametrize(
    ("text", "cpus"),
    [
        ("0-3,^2,8", [0, 1, 3, 8]),
        ("^1,0-2", [0, 2]),
        ("0-7,^2-4", [0, 1, 5, 6, 7]),
        (" 3 , 1-1 ,, ", [1, 3]),
        ("", []),
    ],
)
def test_cpu_lists(text, cpus):
    assert parse_cpus(text) == cpus
    assert parse_cpus(format_cpus(cpus)) == cpus


@pytest.mark.parametrize("text", ["a", "3-1", "-1", "1-", "^", "0-99999999", "1.5", "0x1", "²"])
def test_what_is_no_cpu_list(text):
    with pytest.raises(ValueError, match="not a list of CPUs"):
        parse_cpus(text)


@pytest.mark.parametrize(
    ("vcpus", "specs", "properties", "expected"),
    [
        (4, {}, {}, None),
        (8, {"sockets": 2, "cores": 2, "threads": 2}, {}, [2, 2, 2]),
        (8, {"threads": 2}, {}, [4, 1, 2]),
        (8, {"max_sockets": 2}, {}, [2, 4, 1]),
        (8, {"max_sockets": 1, "max_cores": 4}, {}, [1, 4, 2]),
        (6, {"cores": 4}, {}, [6, 1, 1]),  # a preference that cannot be met is none
        (8, {"sockets": 4, "max_sockets": 2}, {}, [2, 4, 1]),  # nor is one beyond the limits
        (4, {"sockets": 4}, {"cores": 4}, [1, 4, 1]),  # the image's preferences stand for all
        (8, {"max_cores": 8}, {"max_cores": 2, "max_sockets": 1}, [1, 2, 4]),
        (1, {"max_threads": 1}, {}, [1, 1, 1]),
        (7, {"max_sockets": 2}, {}, [1, 7, 1]),
    ],
)
def test_sockets_cores_threads(make_spec, vcpus, specs, properties, expected):
    flavor = {"vcpus": vcpus, "extra_specs": {f"hw:cpu_{key}": str(value) for key, value in specs.items()}}
    image = {"properties": {f"hw_cpu_{key}": str(value) for key, value in properties.items()}}
    assert topology_from_spec(make_spec(flavor=flavor, image=image)) == expected


def test_limits_that_allow_no_division(make_spec):
    specs = {"hw:cpu_max_sockets": "1", "hw:cpu_max_cores": "2", "hw:cpu_max_threads": "1"}
    with pytest.raises(ValueError, match="3 vCPUs"):
        topology_from_spec(make_spec(flavor={"vcpus": 3, "extra_specs": specs}))


CELLS = """<capabilities><host><topology><cells num='2'>
<cell id='0'><memory unit='KiB'>8388608</memory><pages unit='KiB' size='4'>1572864</pages>
<pages unit='KiB' size='2048'>1024</pages><pages unit='KiB' size='1048576'>0</pages>
<cpus num='4'><cpu id='0' socket_id='0' siblings='0,4'/><cpu id='1' socket_id='0' siblings='1,5'/>
<cpu id='4' socket_id='0' siblings='0,4'/><cpu id='5' socket_id='0' siblings='1,5'/></cpus></cell>
<cell id='1'><memory unit='KiB'>4194304</memory><pages unit='KiB' size='4'>1048576</pages>
<cpus num='4'><cpu id='2' socket_id='1' siblings='2,6'/><cpu id='3' socket_id='1' siblings='3,7'/>
<cpu id='6' socket_id='1' siblings='2,6'/><cpu id='7' socket_id='1' siblings='3,7'/></cpus></cell>
</cells></topology></host></capabilities>"""


def host_with(free=None, devices=()):
    """Return a host whose libvirt answers so, and remembers what it was asked."""
    asked = []
    connection = SimpleNamespace(
        free_pages=lambda *arguments: asked.append(arguments) or (free or {}),
        pci_devices=lambda: [ElementTree.fromstring(text) for text in devices],
    )
    return SimpleNamespace(connection=connection, asked=asked)


def test_numa_cells_in_one_call():
    host = host_with(free={0: {2048: 1000}, 1: {2048: 0}})
    assert host_numa.read_numa(host, ElementTree.fromstring(CELLS), 99) == [
        {
            "id": 0,
            "memory_mib": 8192,
            "cpus": "0-1,4-5",
            "socket": 0,
            "siblings": ["0,4", "1,5"],
            "pages": [{"size_kib": 4, "total": 1572864}, {"size_kib": 2048, "total": 1024, "free": 1000}],
        },
        {
            "id": 1,
            "memory_mib": 4096,
            "cpus": "2-3,6-7",
            "socket": 1,
            "siblings": ["2,6", "3,7"],
            "pages": [{"size_kib": 4, "total": 1048576}],
        },
    ]
    assert host.asked == [([2048], 0, 2)]


def test_an_only_cell_has_the_kernels_memory_and_nobody_is_asked_without_huge_pages():
    tree = ElementTree.fromstring(CELLS)
    cells = tree.find("host/topology/cells")
    cells.remove(cells[0])
    host = host_with()
    (cell,) = host_numa.read_numa(host, tree, 1000)
    assert (cell["memory_mib"], cell["pages"]) == (1000, [{"size_kib": 4, "total": 256000}])
    assert host.asked == []


def test_cpu_sets():
    said = {"cpu_shared_set": "0-3,^2", "cpu_dedicated_set": "4-5"}
    assert host_numa.read_cpu_sets(said) == {"shared": "0-1,3", "dedicated": "4-5"}
    assert host_numa.read_cpu_sets({"cpu_shared_set": None, "cpu_dedicated_set": ""}) == {}


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"cpu_shared_set": "x"}, "novalite_cpu_shared_set"),
        ({"cpu_shared_set": "0-3", "cpu_dedicated_set": "3-4"}, "CPU 3 is in"),
    ],
)
def test_cpu_sets_that_cannot_be(said, word):
    with pytest.raises(HostError, match=word):
        host_numa.read_cpu_sets(said)


def device(address, vendor="0x10de", product="0x1eb8", inside=""):
    domain, bus, slot, function = (int(part, 16) for part in address.replace(".", ":").split(":"))
    return (
        f"<device><name>x</name><capability type='pci'><domain>{domain}</domain><bus>{bus}</bus><slot>{slot}</slot>"
        f"<function>{function}</function><product id='{product}'>T4</product><vendor id='{vendor}'>NVIDIA</vendor>"
        f"{inside}</capability></device>"
    )


GPU = device("0000:81:00.0", inside="<numa node='1'/>")
PF = device("0000:05:00.0", "0x8086", "0x1572", "<capability type='virt_functions' maxCount='64'/>")
VF = device(
    "0000:05:02.1",
    "0x8086",
    "0x154c",
    "<capability type='phys_function'><address domain='0x0000' bus='0x05' slot='0x00' function='0x0'/></capability>",
)
BRIDGE = device("0000:00:01.0", "0x8086", "0x3420", "<capability type='pci-bridge'/>")


@pytest.mark.parametrize(
    ("said", "addresses"),
    [
        (None, []),
        ([], []),
        ([{"vendor_id": "10de", "product_id": "1eb8"}], ["0000:81:00.0"]),
        ([{"vendor_id": "10DE", "product_id": "*"}], ["0000:81:00.0"]),
        ([{"vendor_id": "10de", "product_id": "0000"}], []),
        ([{}], ["0000:81:00.0", "0000:05:00.0", "0000:05:02.1"]),
        ([{"address": "*:05:*.*"}], ["0000:05:00.0", "0000:05:02.1"]),
        ([{"address": "0000:05:02.*"}], ["0000:05:02.1"]),
        ([{"address": "05:00.0"}], ["0000:05:00.0", "0000:05:02.1"]),  # a physical function stands for its virtual ones
        ([{"address": "05:00.0", "product_id": "1572"}], ["0000:05:00.0"]),
        ([{"address": {"bus": "05|81", "function": "0"}}], ["0000:81:00.0", "0000:05:00.0"]),
    ],
)
def test_only_named_devices_are_offered(said, addresses):
    host = host_with(devices=[GPU, PF, VF, BRIDGE])
    assert [one["address"] for one in host_pci.read_pci(host, said)] == addresses


def test_what_is_said_of_a_device():
    host = host_with(devices=[GPU, VF])
    said = [{"vendor_id": "8086", "physical_network": None, "trusted": True}, {"vendor_id": "10de"}]
    assert host_pci.read_pci(host, said) == [
        {"address": "0000:81:00.0", "vendor_id": "10de", "product_id": "1eb8", "type": "type-PCI", "numa_node": 1},
        {
            "address": "0000:05:02.1",
            "vendor_id": "8086",
            "product_id": "154c",
            "type": "type-VF",
            "parent": "0000:05:00.0",
            "tags": {"trusted": "true"},
        },
    ]


@pytest.mark.parametrize("said", [["x"], [{"address": "zz"}], [{"devname": "eth0"}], [{"address": {"bus": "("}}]])
def test_an_entry_that_cannot_be_read(said):
    with pytest.raises(HostError, match="novalite_pci_devices"):
        host_pci.read_pci(host_with(devices=[GPU]), said)


@pytest.mark.parametrize(("text", "full"), [("81:0.0", "0000:81:00.0"), ("0001:0A:1f.7", "0001:0a:1f.7")])
def test_addresses(text, full):
    assert full_address(text) == full


CAPABILITIES = """<domainCapabilities><os><enum name='firmware'><value>efi</value></enum><loader>
<value>/usr/share/x.fd</value><enum name='secure'><value>yes</value><value>no</value></enum></loader></os>
<devices><video><enum name='modelType'><value>vga</value><value>none</value></enum></video>
<tpm supported='yes'><enum name='model'><value>tpm-tis</value></enum><enum name='backendModel'>
<value>passthrough</value>%s</enum><enum name='backendVersion'><value>2.0</value></enum></tpm></devices>
<features><sev supported='%s'><maxGuests>15</maxGuests><maxESGuests>4</maxESGuests></sev></features>
</domainCapabilities>"""


def test_devices_and_firmware():
    full = ElementTree.fromstring(CAPABILITIES % ("<value>emulator</value>", "yes"))
    assert host_devices.read_devices(full) == {
        "firmwares": ["bios", "efi"],
        "firmware": {"secure_boot": True, "loaders": ["/usr/share/x.fd"]},
        "devices": {"video": ["none", "vga"], "tpm": ["tpm-tis"], "tpm_versions": ["2.0"]},
        "memory_encryption": {"sev": 15, "sev_es": 4},
    }
    without_swtpm = host_devices.read_devices(ElementTree.fromstring(CAPABILITIES % ("", "no")))
    assert without_swtpm["devices"] == {"video": ["none", "vga"]}
    assert "memory_encryption" not in without_swtpm
    assert host_devices.read_devices(None) == {"firmwares": []}


CLAIM = {
    "cells": [
        {
            "id": 0,
            "host_cell": 1,
            "cpus": [0],
            "pcpus": {"1": 6},
            "memory_mib": 64,
            "page_size_kib": 2048,
            "shared_cpus": [2, 3],
        }
    ],
    "shared_cpus": None,
    "emulator_cpus": [7],
    "pci": [{"alias": "gpu", "address": "81:00.0"}],
}
HELD = {
    "cells": [{"host_cell": 1, "floating": 1, "pinned": [6], "memory_mib": 64, "page_size_kib": 2048}],
    "emulator": [7],
    "pci": ["0000:81:00.0"],
}


def test_a_claim_and_its_domain_hold_the_same(make_spec):
    spec = make_spec(flavor={"vcpus": 2, "ram_mib": 64}, claim=CLAIM)
    facts = read_domain(build_domain(spec, "kvm", "/var/lib/novalite"))
    assert holdings.holdings_from_spec(spec) == HELD
    assert holdings.holdings_from_facts(facts) == HELD


def test_a_plain_guest_holds_nothing(make_spec):
    spec = make_spec()
    assert holdings.holdings_from_spec(spec) == {}
    assert holdings.holdings_from_facts(read_domain(build_domain(spec, "kvm", "/x"))) == {}


def test_somebody_elses_pinned_guest():
    xml = (
        "<domain type='kvm'><name>x</name><vcpu>2</vcpu><cputune><vcpupin vcpu='0' cpuset='4'/>"
        "<vcpupin vcpu='1' cpuset='0-3'/></cputune><devices><hostdev mode='subsystem' type='pci'><source>"
        "<address domain='0' bus='5' slot='0' function='1'/></source></hostdev></devices></domain>"
    )
    assert holdings.holdings_from_facts(read_domain(xml)) == {"pinned": [4], "pci": ["0000:05:00.1"]}


def test_a_claim_that_does_not_fit_its_flavor_builds_nothing(make_spec):
    with pytest.raises(ValueError, match="3 vCPUs"):
        build_domain(make_spec(flavor={"vcpus": 3}, claim=CLAIM), "kvm", "/x")


def test_a_mark_that_makes_no_sense_is_drift_and_stays_ours(make_spec):
    facts = read_domain(build_domain(make_spec(), "kvm", "/x"))
    spec = make_spec(flavor={"extra_specs": {"quota:cpu_shares": "many"}})
    assert [entry["path"] for entry in drift(spec, facts)] == ["hardware"]


def test_values_are_escaped_whatever_they_are(make_spec):
    value = "\"'><watchdog/>&amp;"
    xml = build_domain(make_spec(flavor={"extra_specs": {"hw:sound_model": value}}), "kvm", "/x")
    element = ElementTree.fromstring(xml)
    assert element.find("devices/sound").get("model") == value
    assert element.find("devices/watchdog") is None


def test_the_newest_encryption_is_written_though_this_libvirts_schema_does_not_know_it(make_spec):
    specs = {"hw:mem_encryption": "true", "hw:mem_encryption_model": "amd-sev-snp"}
    spec = make_spec(flavor={"extra_specs": specs})
    element = ElementTree.fromstring(build_domain(spec, "kvm", "/x"))
    assert element.find("launchSecurity").get("type") == "sev-snp"
    assert element.find("memoryBacking/locked") is not None
    assert drift(spec, read_domain(element)) == []


ADDED = [
    ("watchdog.action", "<watchdog model='i6300esb' action='reset'/>"),
    ("pci", "<hostdev mode='subsystem' type='pci'><source><address bus='5'/></source></hostdev>"),
    ("tpm", "<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>"),
    ("sound.model", "<sound model='ich9'/>"),
    ("iommu.model", "<iommu model='intel'/>"),
    ("usb.redirected", "<redirdev bus='usb' type='spicevmc'/>"),
]


@pytest.mark.parametrize(("path", "xml"), ADDED, ids=[path for path, _xml in ADDED])
def test_what_somebody_adds_is_drift(make_spec, path, xml):
    changed = build_domain(make_spec(), "kvm", "/x").replace("</devices>", xml + "</devices>")
    assert [entry["path"] for entry in drift(make_spec(), read_domain(changed))] == ["hardware." + path]


@pytest.mark.parametrize(
    "xml",
    ["<watchdog model='itco' action='reset'/>", "<input type='mouse' bus='ps2'/>", "<audio id='1' type='none'/>"],
)
def test_what_libvirt_adds_is_not(make_spec, xml):
    changed = build_domain(make_spec(), "kvm", "/x").replace("</devices>", xml + "</devices>")
    assert drift(make_spec(), read_domain(changed)) == []


def test_every_part_reads_all_that_it_writes(make_spec):
    """A key that ``wanted`` can give and ``read`` never does would be drift for ever; tests/xml has the cases."""
    spec = make_spec(flavor={"vcpus": 2, "ram_mib": 64}, claim=CLAIM)
    for part in hardware.PARTS:
        wanted = part.wanted(spec, "kvm")
        found = part.read(Seen(ElementTree.fromstring(build_domain(spec, "kvm", "/x"))))
        assert {key: found.get(key) for key in wanted} == wanted
