# SPDX-License-Identifier: GPL-3.0-or-later
"""What test_metadata_frames.py looks at, done in a network namespace of its own; says it all in JSON."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from integration.raw_guests import EVERYBODY, GATEWAY, METADATA, Card, address, arp, ip, packed, tcp

PATH = "/openstack/latest/user_data"
SHARED = "10.9.0.5"
UUIDS = {name: f"{name * 8}-0000-4000-8000-000000000000" for name in "abcd"}
MACS = {name: f"52:54:00:00:00:0{name}" for name in "abcde"}
ADDRESSES = {"a": SHARED, "b": SHARED, "c": "10.9.0.6", "d": "10.9.0.7"}


def write(folder: Path, name: str) -> None:
    """Say what an instance is told, as metadata_document.py does."""
    place = folder / "instances" / UUIDS[name]
    place.mkdir(parents=True)
    secret = base64.b64encode(f"SECRET-OF-{name.upper()}".encode()).decode()
    said = {"format": "novalite.metadata/1", "uuid": UUIDS[name], "has_drive": True}
    said |= {"ports": [{"mac": MACS[name], "addresses": [ADDRESSES[name]]}]}
    said |= {"tree": {PATH[1:]: "1", "openstack/latest/meta_data.json": "2"}, "contents": {"1": secret, "2": "e30="}}
    (place / "metadata.json").write_text(json.dumps(said))
    (place / "metadata.json").chmod(0o600)


def secret_of(answer: bytes) -> str:
    return answer.decode().partition("\r\n\r\n")[2]


def answers_to(victim: Card, frames: bytes) -> int:
    """How often there is something in frames that the service sends to a guest."""
    return frames.count(address(METADATA) + address(victim.owns))


def leaks(victim: Card, thief: Card) -> dict[str, int]:
    """Let a victim ask while a thief takes its place on the wire; count what the thief hears of the service."""
    taken = packed(GATEWAY) + packed(victim.mac) + b"\x88\xb5" + b"x" * 50  # a frame from the victim's MAC
    poison = arp(2, thief.mac, victim.owns, METADATA)
    unknown = packed(EVERYBODY) + packed(thief.mac) + b"\x88\xb5" + b"x" * 50
    attacks = {"mac": [taken], "arp": [poison], "both": [taken, poison, arp(2, victim.mac, victim.owns, METADATA)]}
    found = {}
    for name, frames in {**attacks, "flood": [unknown]}.items():
        if name == "flood":  # the bridge does not know where the victim is, and sends to all ports
            subprocess.run(["bridge", "link", "set", "dev", "tap-a", "learning", "off"], check=True)
            subprocess.run(["bridge", "fdb", "flush", "dev", "br-red", "nopermanent"], check=True)
        time.sleep(1.1)  # a host takes a new MAC for an address at most once a second
        since = len(thief.seen)
        for _ in range(2):
            victim.get(PATH, between=(thief, frames), patience_s=0.5)
        heard = thief.heard(since)
        found[name] = heard.count(b"SECRET-OF-A") + answers_to(victim, heard)
        victim.send(arp(2, victim.mac, victim.owns, METADATA))  # all is well again
        victim.get(PATH)
    subprocess.run(["bridge", "link", "set", "dev", "tap-a", "learning", "on"], check=True)
    return found


def pretends(thief: Card, victim: Card) -> dict[str, str]:
    """Ask as the victim, in part or in whole."""
    own = (thief.mac, thief.owns)
    found = {}
    for name, (mac, owns) in {
        "address": (own[0], victim.owns),
        "mac": ("52:54:00:77:77:77", own[1]),
        "both": (victim.mac, victim.owns),
    }.items():
        thief.mac, thief.owns = mac, owns
        time.sleep(1.1)
        thief.send(arp(2, mac, owns, METADATA))
        found[name] = thief.get(PATH).decode()
    thief.mac, thief.owns = own
    thief.send(arp(2, *own, METADATA))
    victim.send(arp(2, victim.mac, victim.owns, METADATA))
    return found


def forged(victim: Card, thief: Card) -> list[str]:
    """Answer for the service, and send as it; tell what of that reaches the victim."""
    since = len(victim.seen)
    thief.send(arp(2, thief.mac, METADATA, victim.owns), arp(1, thief.mac, METADATA, victim.owns))
    frame = tcp(thief.mac, METADATA, 80, (1, 1), 16, b"FORGED")
    thief.send(packed(victim.mac) + frame[6:])
    time.sleep(0.2)
    return [frame.hex() for frame in victim.seen[since:] if frame[6:12] == packed(thief.mac)]


def outside(wire: Card, inside: Card) -> dict[str, int]:
    """Ask from beyond the host, and listen there while a guest asks for the service's MAC."""
    since = len(wire.seen)
    inside.send(arp(1, inside.mac, inside.owns, METADATA))
    inside.get(PATH)
    asked = wire.get(PATH, patience_s=0.5)
    wire.send(arp(1, wire.mac, wire.owns, METADATA))
    time.sleep(0.2)
    places = (26, 28, 30, 38)  # of addresses, in packets and in ARP
    seen = [frame for frame in wire.seen[since:] if address(METADATA) in [frame[at : at + 4] for at in places]]
    return {"answered": len(asked), "seen": len(seen)}


def wait_for(card: Card, words: str) -> str:
    """Ask until an answer has some words in it, for a while."""
    answer = b""
    for _ in range(12):
        answer = card.get(PATH, patience_s=0.7)
        if words.encode() in answer:
            break
    return answer.decode()


def main(folder: Path) -> None:
    for name in "abc":
        write(folder, name)
    for bridge in ("br-red", "br-blue"):
        ip("link", "add", bridge, "type", "bridge")
        ip("link", "set", bridge, "up")
    a, c = (Card(f"tap-{name}", "br-red", MACS[name], ADDRESSES[name]) for name in "ac")
    b = Card("tap-b", "br-blue", MACS["b"], ADDRESSES["b"])
    e = Card("tap-e", "br-blue", MACS["e"], "10.9.0.9")
    wire = Card("wire", "br-red", "52:54:00:00:00:99", "10.9.0.99")
    ip("link", "set", "wire", "nomaster")  # the world beyond: a port of the bridge that is no tap
    ip("link", "add", "uplink", "type", "veth", "peer", "name", "beyond")
    ip("link", "add", "br-far", "type", "bridge")
    for name, bridge in (("uplink", "br-red"), ("beyond", "br-far"), ("wire", "br-far")):
        ip("link", "set", name, "master", bridge, "up")
    ip("link", "set", "br-far", "up")
    command = [sys.executable, "-m", "metadata_service", "--state-dir", str(folder)]
    service = subprocess.Popen(command, stderr=(folder / "log").open("w"))
    try:
        wait_for(a, "SECRET")
        wait_for(b, "SECRET")
        told: dict[str, object] = {"own": {n: secret_of(card.get(PATH)) for n, card in (("a", a), ("b", b), ("c", c))}}
        told |= {"leaks": leaks(a, c), "pretends": pretends(c, a), "forged": forged(a, c), "outside": outside(wire, a)}
        told["stranger"] = e.get(PATH).decode()
        write(folder, "d")
        d = Card("tap-d", "br-red", MACS["d"], ADDRESSES["d"])
        told["later"] = secret_of(wait_for(d, "SECRET").encode())
        shutil.rmtree(folder / "instances" / UUIDS["d"])
        told["gone"] = wait_for(d, "404")
        subprocess.run(["nft", "flush", "ruleset"], check=True)
        told["flushed"] = a.get(PATH, patience_s=0.5).decode()
        told["again"] = secret_of(wait_for(a, "SECRET").encode())
    finally:
        service.terminate()
        service.wait(10)
    left = subprocess.run("ip address; nft list tables", shell=True, capture_output=True, text=True, check=True).stdout
    told["left"] = "".join(
        line for line in left.splitlines() if "a9fe" in line or METADATA in line or "novalite" in line
    )
    print(json.dumps(told))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
