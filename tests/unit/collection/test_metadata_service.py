# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/metadata_service: who asks, and what is read.

What it answers is compared with Nova's own code in tests/nova; who is told what on real bridges, in tests/integration;
hostile clients are in test_metadata_server.py.
"""

from __future__ import annotations

import os
import stat

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import metadata_document
from ansible_collections.novalite.compute.plugins.module_utils.host import Host
from ansible_collections.novalite.compute.plugins.module_utils.metadata_service import documents, identity
from ansible_collections.novalite.compute.plugins.module_utils.metadata_service.documents import Documents, Known
from ansible_collections.novalite.compute.plugins.module_utils.metadata_service.guard import rules
from ansible_collections.novalite.compute.plugins.module_utils.metadata_service.identity import Directory, Tap
from ansible_collections.novalite.compute.plugins.module_utils.metadata_service.request import (
    RefusedError,
    parse,
)
from ansible_collections.novalite.compute.plugins.module_utils.metadata_service.service import respond
from ansible_collections.novalite.compute.plugins.module_utils.metadata_service.tokens import (
    HEADER,
    OFF,
    OPTIONAL,
    REQUIRED,
    TTL_HEADER,
    Tokens,
)

A, B, C = (f"{letter * 8}-0000-4000-8000-000000000000" for letter in "abc")
MAC = "52:54:00:00:00:0"


def known(uuid, *ports, has_drive=True):
    said = [{"mac": mac, "addresses": addresses} for mac, addresses in ports]
    return Known({"uuid": uuid, "has_drive": has_drive, "ports": said})


def tap(index, mac, bridge="br0"):
    return Tap(f"vnet{index}", index, mac, bridge)


def fe(number):
    return f"fe:54:00:00:00:0{number}"


PLAIN = [known(A, (MAC + "1", ["10.0.0.1"])), known(B, (MAC + "2", [])), known(C, (MAC + "3", ["10.0.0.3"]))]
TAPS = [tap(1, fe(1)), tap(2, fe(2)), tap(3, fe(3)), tap(9, fe(9))]


@pytest.mark.parametrize(
    ("taps", "instances", "index", "bridge", "peer", "expected"),
    [
        (TAPS, PLAIN, 1, "br0", "10.0.0.1", A),
        (TAPS, PLAIN, 1, "br0", "10.0.0.7", None),  # an address that is not its own: somebody behind it
        (TAPS, PLAIN, 1, "br0", "10.0.0.3", None),  # that of another
        (TAPS, PLAIN, 1, "br0", "fe80::1%br0", A),
        (TAPS, PLAIN, 2, "br0", "10.0.0.77", B),  # DHCP said which
        (TAPS, PLAIN, 2, "br0", "10.0.0.1", None),
        (TAPS, PLAIN, 2, "br0", "fd00::1", B),
        (TAPS, PLAIN, 0, "br0", "10.0.0.1", None),  # no mark
        (TAPS, PLAIN, 5, "br0", "10.0.0.1", None),  # a tap that nobody knows
        (TAPS, PLAIN, 9, "br0", "10.0.0.9", None),  # a tap of somebody who is told nothing
        (TAPS, PLAIN, 1, "br1", "10.0.0.1", None),
        ([tap(1, fe(1)), tap(2, fe(1))], PLAIN, 1, "br0", "10.0.0.1", None),  # a clone: two say that they are it
        (TAPS, [*PLAIN, known(C, (MAC + "1", []))], 1, "br0", "10.0.0.1", None),  # one MAC, two instances
        (TAPS, [*PLAIN, known(C, ("fa:54:00:00:00:01", []))], 1, "br0", "10.0.0.1", None),
        (TAPS, [*PLAIN, known(C, ("02:54:00:00:00:01", []))], 1, "br0", "10.0.0.1", None),  # differ in the first byte
        ([tap(1, "fa:54:00:00:00:01")], [known(A, ("fe:54:00:00:00:01", []))], 1, "br0", "10.0.0.1", A),
        (TAPS, [known(A, (MAC + "1", ["10.0.0.1"]), has_drive=False), *PLAIN[1:]], 1, "br0", "10.0.0.7", A),
        (TAPS, [known(A, (MAC + "1", ["10.0.0.1"]), has_drive=False), *PLAIN[1:]], 1, "br0", "10.0.0.3", None),
        (TAPS, [known(A, (MAC + "1", ["fd00:0::1"]))], 1, "br0", "fd00::1", A),
        (TAPS, [known(A, (MAC + "1", ["fd00:0::1"]))], 1, "br0", "fd00::2", None),
        (
            [tap(1, fe(1)), tap(3, fe(3), "br1")],
            [PLAIN[0], known(C, (MAC + "3", ["10.0.0.1"]))],
            3,
            "br1",
            "10.0.0.1",
            C,
        ),
        ([tap(1, fe(1)), tap(1 + (1 << 24), fe(3))], PLAIN, 1, "br0", "10.0.0.1", None),  # two numbers, one mark
    ],
)
def test_who_asks(taps, instances, index, bridge, peer, expected):
    instance, reason = Directory(taps, instances).who(index, bridge, peer)
    assert (instance and instance.uuid) == expected
    assert (reason is None) == (expected is not None)


def test_only_bridges_of_instances_are_served():
    found = Directory([tap(1, fe(1)), tap(9, fe(9), "virbr9"), tap(2, fe(2), "br1")], PLAIN)
    assert found.bridges == ["br0", "br1"]


def test_taps_are_those_of_sys(tmp_path):
    for name, files in {
        "vnet0": {"tun_flags": "0x1002", "ifindex": "7", "address": fe(1)},
        "tap9": {"tun_flags": "0x1002", "ifindex": "8", "address": fe(2)},
        "eth0": {"ifindex": "2", "address": fe(3)},
    }.items():
        (tmp_path / name).mkdir()
        for key, text in files.items():
            (tmp_path / name / key).write_text(text + "\n")
        if name != "tap9":  # that one is in no bridge
            (tmp_path / name / "master").symlink_to("../br0")
    assert [vars(found) for found in identity.read_taps(str(tmp_path))] == [vars(Tap("vnet0", 7, fe(1), "br0"))]


def test_rules_name_only_taps_of_our_bridges():
    text = rules([tap(1, fe(1)), tap(2, fe(2), "br1")], {"br0": "52:54:00:aa:bb:cc"}, [5, 6])
    assert "elements = { 1 : 1845493761 }" in text
    assert "elements = { 1 : 52:54:00:aa:bb:cc }" in text
    assert "elements = { 5, 6 }" in text
    assert rules([], {}, []).count("elements") == 0


# What is read


@pytest.fixture
def served(make_spec, tmp_path):
    spec = make_spec()
    tree = {"openstack/latest/meta_data.json": b'{"uuid": "%s"}' % spec["uuid"].encode()}
    metadata_document.write(Host(None, str(tmp_path)), spec, tree)
    return spec, tree, tmp_path / "instances" / spec["uuid"]


def test_a_document_is_read_when_it_is_there_and_followed(served, tmp_path):
    spec, tree, folder = served
    found = Documents(str(tmp_path))
    [one] = found.known()
    assert (one.uuid, [mac for mac, _ in one.ports]) == (spec["uuid"], [spec["ports"][0]["mac"]])
    assert found.tree(spec["uuid"]) == tree
    spec["ports"][0]["fixed_ip"] = "10.0.0.9"
    metadata_document.write(Host(None, str(tmp_path)), spec, {})
    [one] = found.known()
    assert one.ports[0][1] == {"10.0.0.9"}
    assert found.tree(spec["uuid"]) == {}
    folder.rename(tmp_path / "shelf")
    assert found.known() == []
    assert found.tree(spec["uuid"]) is None


@pytest.mark.parametrize("what", ["deleting", "writable", "link", "fifo", "damaged", "of another", "no ports"])
def test_what_is_not_ours_or_goes_away_is_nobodys(served, tmp_path, what):
    spec, _tree, folder = served
    path = folder / "metadata.json"
    text = path.read_text()
    if what == "deleting":
        folder.with_name(folder.name + ".deleting").touch()
    elif what == "writable":
        path.chmod(0o622)
    elif what == "link":
        path.rename(folder / "x")
        path.symlink_to("x")
    elif what == "fifo":
        path.unlink()
        os.mkfifo(path)
    else:
        changes = {
            "damaged": text[:50],
            "of another": text.replace(spec["uuid"], A),
            "no ports": text.replace("mac", "x"),
        }
        path.write_text(changes[what])
    assert Documents(str(tmp_path)).known() == []


def test_a_password_is_kept_once_and_private(served, tmp_path):
    spec, _tree, folder = served
    found = Documents(str(tmp_path))
    assert found.password(spec["uuid"]) == b""
    (folder / "metadata.password.new").write_text("left by a crash")
    assert found.keep_password(spec["uuid"], b"one")
    assert not found.keep_password(spec["uuid"], b"two")
    assert found.password(spec["uuid"]) == b"one"
    assert stat.S_IMODE((folder / "metadata.password").stat().st_mode) == 0o600
    assert not (folder / "metadata.password.new").exists()


# Requests


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", ("GET", "/")),
        (b"GET /a%20b?x=/y#z HTTP/1.0\r\nHost: x\r\n\r\n", ("GET", "/a b")),
        (b"GET http://169.254.169.254/latest HTTP/1.1\r\n\r\n", ("GET", "/latest")),
        (b"GET http://169.254.169.254 HTTP/1.1\r\n\r\n", ("GET", "/")),
        (b"GET /%ff%00%2e%2e HTTP/1.1\r\n\r\n", ("GET", "/\ufffd\0..")),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"BREW / HTTP/1.1\r\n\r\n", 501),
        (b"GET /\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n folded: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\ncontent-length: 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nname : x\r\n\r\n", 400),
    ],
)
def test_a_head_is_read_or_refused(head, expected):
    if isinstance(expected, int):
        with pytest.raises(RefusedError) as caught:
            parse(head)
        assert caught.value.status == expected
    else:
        found = parse(head)
        assert (found.method, found.path) == expected


TREE = {
    "openstack/2013-04-04/meta_data.json": b"{}",
    "openstack/2025-04-04/meta_data.json": b"{}",
    "openstack/latest/meta_data.json": b"{}",
}


def ask(tmp_path, method, path, headers=(), body=b"", tokens=None):
    (tmp_path / "instances" / A).mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{name}: {value}\r\n" for name, value in dict(headers).items())
    request = parse(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode())
    return respond(Documents(str(tmp_path)), tokens or Tokens(OFF), A, TREE, request, body)


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("POST", "/openstack/latest/password", {"Content-Length": "3"}, b"abc", 200),
        ("POST", "/openstack/latest/password", {"Content-Length": "1021"}, b"", 400),
        ("POST", "/openstack/latest/password", {"Content-Length": "-1"}, b"", 400),
        ("POST", "/openstack/latest/password", {"Content-Length": "3"}, b"ab", 400),
        ("POST", "/openstack/latest/password", {}, b"", 411),
        ("POST", "/openstack/latest/password", {"Transfer-Encoding": "chunked"}, b"", 411),
        ("POST", "/openstack/latest", {}, b"", 405),
        ("PUT", "/openstack/latest/meta_data.json", {}, b"", 405),
        ("PUT", "/latest/api/token", {TTL_HEADER: "60"}, b"", 404),  # as Nova, which has no tokens
        ("GET", "/openstack/latest/meta_data.json", {"X-Forwarded-For": "10.0.0.1", "X-Instance-ID": B}, b"", 200),
    ],
)
def test_other_requests_than_nova_knows(tmp_path, method, path, headers, body, status):
    assert ask(tmp_path, method, path, headers, body).status == status


def test_versions_of_the_future_are_not_listed_and_answer(monkeypatch, tmp_path):
    import ansible_collections.novalite.compute.plugins.module_utils.metadata_service.service as module

    monkeypatch.setattr(module.time, "strftime", lambda *_: "2025-04-03")
    assert ask(tmp_path, "GET", "/openstack").body == b"2013-04-04\nlatest"
    assert ask(tmp_path, "GET", "/openstack/2025-04-04/meta_data.json").status == 200


def test_a_token_is_for_one_instance_and_some_time(tmp_path):
    now = [1000]
    tokens = Tokens(REQUIRED, clock=lambda: now[0])
    given = ask(tmp_path, "PUT", "/latest/api/token", {TTL_HEADER: "60"}, tokens=tokens)
    token = given.body.decode()
    rows = [({HEADER: token}, 200), ({}, 401), ({HEADER: token[:-4] + "AAA="}, 401), ({HEADER: "x"}, 401)]
    for headers, status in rows:
        assert ask(tmp_path, "GET", "/openstack", headers, tokens=tokens).status == status
    assert not tokens.accepts(B, {HEADER: token})
    assert not Tokens(REQUIRED, clock=lambda: now[0]).accepts(A, {HEADER: token})  # after a restart: ask again
    now[0] += 60
    assert ask(tmp_path, "GET", "/openstack", {HEADER: token}, tokens=tokens).status == 401
    assert ask(tmp_path, "GET", "/openstack", {}, tokens=Tokens(OPTIONAL)).status == 200
    assert ask(tmp_path, "GET", "/openstack", {HEADER: "x"}, tokens=Tokens(OPTIONAL)).status == 401


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("PUT", {TTL_HEADER: "21600"}, 200),
        ("PUT", {TTL_HEADER: "21601"}, 400),
        ("PUT", {TTL_HEADER: "0"}, 400),
        ("PUT", {TTL_HEADER: "1e3"}, 400),
        ("PUT", {}, 400),
        ("PUT", {TTL_HEADER: "60", "X-Forwarded-For": "10.0.0.1"}, 403),
        ("GET", {}, 405),
    ],
)
def test_who_gets_a_token(tmp_path, method, headers, status):
    assert ask(tmp_path, method, "/latest/api/token", headers, tokens=Tokens(REQUIRED)).status == status


def test_both_ends_of_the_document_have_the_same_names():
    for name in ("FORMAT", "DOCUMENT", "PASSWORD"):
        assert getattr(documents, name) == getattr(metadata_document, name)
