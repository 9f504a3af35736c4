# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata service on a host with real QEMU guests: each sees only itself, whatever it pretends to be.

``a`` and ``b`` have the same address on two networks (``b`` behind libvirt's filter against spoofing); ``c`` is on the
network of ``a`` and tries to be it, by MAC, by address, by headers and by answering for it, while ``a`` asks over and
over.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.novalite.compute.plugins.module_utils.names import mac_from_uuid, uuid_from_name
from integration.guest import observed, said
from integration.metadata_program import MetadataProgram

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.command import Controller

pytestmark = pytest.mark.libvirt

HOST = "kvm-1"
ADDRESS = "10.9.0.5"
FORGED = "dead-beef-dead-beef-dead"

# In guests: what is asked is said with who answered. Only busybox is there.
TOOLS = """
ip route add default via 10.9.0.1
arp -s 10.9.0.1 02:00:00:00:00:01
path=/openstack/latest/meta_data.json
wait=2
get() {
    printf "GET $path HTTP/1.0\\r\\n${2:+$2\\r\\n}\\r\\n" | nc -w $wait $1 80 2>&1
}
ask() {
    told="$(get "${3:-169.254.169.254}" "$2")"
    uuid="$(echo "$told" | grep -o '"uuid": *"[^"]*"' | cut -d'"' -f4)"
    echo "$1=${uuid:-$(echo $told | head -c 60)}"
}
first() {
    for try in 1 2 3 4 5 6 7 8; do
        told="$(ask $1 '' $2)"
        case "$told" in *-*-*-*-*) break;; esac
        sleep 1
    done
    echo "$told"
}
be() {  # MAC ADDRESS
    ip link set eth0 down; ip link set eth0 address $1; ip link set eth0 up
    ip -4 addr flush dev eth0 2>/dev/null; ip addr add $2/24 dev eth0; ip route add default via 10.9.0.1
    arp -s 10.9.0.1 02:00:00:00:00:01
    arping -q -c 1 -U -I eth0 -s $2 $2  # else the host goes on sending to the old MAC for a while
}
"""
HONEST = """
first gateway
ip route add 169.254.169.254 dev eth0
ask link
wait=1
turn=0
while [ $turn -lt 12 ]; do turn=$((turn + 1)); ask turn; sleep 0.5; done
"""
WITH_IPV6 = HONEST + "first ipv6 fe80::a9fe:a9fe%eth0\n"
HOSTILE = f"""
first own
ask header 'X-Forwarded-For: {ADDRESS}\\r\\nX-Instance-ID: @UUID_A@\\r\\nHost: {ADDRESS}'
be 52:54:00:12:34:56 10.9.0.6
first mac
first ipv6 fe80::a9fe:a9fe%eth0
wait=1
ip addr add {ADDRESS}/24 dev eth0
ip route change default via 10.9.0.1 src {ADDRESS}
arping -q -c 1 -U -I eth0 -s {ADDRESS} {ADDRESS}
ask address
be @MAC_A@ {ADDRESS}
ask both
ask both
be @MAC_A@ 10.9.0.6
ask victim
ip addr add 169.254.169.254/32 dev eth0
arping -q -c 2 -U -I eth0 -s 169.254.169.254 169.254.169.254
(while :; do printf 'HTTP/1.0 200 OK\\r\\n\\r\\n{{"uuid": "{FORGED}"}}' | nc -l -p 80; done) >/dev/null 2>&1 &
sleep 3
"""


def fleet_of(folder: Path, scripts: dict[str, str]) -> str:
    (folder / "files").mkdir(exist_ok=True)
    places = {"a": ("red", ADDRESS), "b": ("blue", ADDRESS + ", port_security: true"), "c": ("red", "10.9.0.6")}
    lines = [
        "novalite: 1\nproject: shop\nflavors:\n  tiny: {vcpus: 1, ram: 128MiB, disk: 1GiB}",
        "images:\n  tiny: {source: images/tiny.qcow2}\nnetworks:",
        "  red: {bridge: br-red, cidr: 10.9.0.0/24}\n  blue: {bridge: br-blue, cidr: 10.9.0.0/24}\ninstances:",
    ]
    for name, script in scripts.items():
        (folder / "files" / name).write_text(TOOLS + script)
        network, address = places[name]
        lines.append(
            f"  {name}: {{flavor: tiny, image: tiny, host: {HOST},"
            f" networks: [{{network: {network}, fixed_ip: {address}}}],"
            f" user_data: {{file: files/{name}}}, metadata: {{run: user_data, heartbeat: '0'}}}}"
        )
    return "\n".join(lines) + "\n"


@pytest.fixture
def bridges(lab: Any, controller: Controller) -> Iterator[None]:
    lab.need_real()
    for name in ("br-red", "br-blue"):
        lab.run(HOST, ["sh", "-c", f"ip link add {name} type bridge && ip link set {name} up"])
    yield
    for name in ("br-red", "br-blue"):
        lab.run(HOST, ["ip", "link", "del", name])


@pytest.fixture
def program(lab: Any, bridges: None) -> Iterator[MetadataProgram]:
    made = MetadataProgram(lab, HOST)
    yield made
    made.stop()


def answers_of(text: str) -> list[tuple[str, str]]:
    return re.findall(r"novalite-guest: run: ([a-z0-9]+)=(.*?)\r?$", text, re.MULTILINE)


def test_each_guest_sees_only_itself(controller: Controller, lab: Any, program: MetadataProgram) -> None:
    uuid = {name: uuid_from_name("shop", name) for name in ("a", "b", "c")}
    hostile = HOSTILE.replace("@UUID_A@", uuid["a"]).replace("@MAC_A@", mac_from_uuid(uuid["a"], 0))
    controller.declare(fleet_of(controller.fleet, {"a": WITH_IPV6, "b": HONEST, "c": hostile}))
    controller.novalite("apply", "--yes")
    assert {name: item["uuid"] for name, item in observed(controller).items()} == uuid
    try:
        text = {name: said(lab, HOST, uuid[name], "novalite-guest: run ended", 60) for name in uuid}
    finally:
        print(program.log(), *(lab.serial(HOST, uuid[name])[-1500:] for name in uuid), sep="\n")
    told = {name: answers_of(text[name]) for name in uuid}

    for name in ("a", "b"):
        asked = dict(told[name])
        assert [asked[key] for key in ("gateway", "link")] == [uuid[name]] * 2, told[name]
        turns = [value for key, value in told[name] if key == "turn"]
        assert turns.count(uuid[name]) > 5
    assert dict(told["a"])["ipv6"] == uuid["a"]
    for name in uuid:  # nobody ever saw another's, whatever it or others did
        others = {uuid[other] for other in uuid if other != name} | {FORGED}
        assert not others & {value for _, value in told[name]}, told[name]
    asked = dict(told["c"])
    assert [asked[key] for key in ("own", "header", "mac", "ipv6")] == [uuid["c"]] * 4, told["c"]
    assert uuid["c"] not in {value for key, value in told["c"] if key in ("address", "both")}  # that address is a's
    assert "its address is another's" in program.log()

    rules = shlex.join(["nft", "list", "tables"])
    assert "novalite_metadata" in lab.run(HOST, ["sh", "-c", rules])
    program.stop()
    assert "novalite_metadata" not in lab.run(HOST, ["sh", "-c", rules])
    assert "169.254.169.254" not in lab.run(HOST, ["ip", "address"])
    assert "fe80::a9fe:a9fe" not in lab.run(HOST, ["ip", "address"])
