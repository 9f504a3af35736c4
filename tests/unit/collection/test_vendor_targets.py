# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/vendor_targets.py against services on the loopback: good, slow, broken and hostile ones."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import vendor_targets
from ansible_collections.novalite.compute.plugins.module_utils.host_error import HostError
from ansible_collections.novalite.compute.plugins.module_utils.vendor_targets import ask_targets

if TYPE_CHECKING:
    from collections.abc import Iterator


class Service(BaseHTTPRequestHandler):
    """Answers by the path that it is asked."""

    asked: list[dict[str, Any]] = []  # noqa: RUF012 (one list for all requests)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append({"path": self.path, "body": json.loads(body), "headers": dict(self.headers)})
        status, answer = {
            "/good": (200, b'{"a": "\xc3\xa4"}'),
            "/list": (200, b"[1, 2]"),
            "/empty": (200, b""),
            "/no-json": (200, b"<html>"),
            "/large": (200, b"[" + b"1," * vendor_targets.MOST_BYTES + b"1]"),
            "/error": (500, b"{}"),
            "/moved": (302, b"{}"),
        }.get(self.path, (404, b"{}"))
        self.send_response(status)
        self.send_header("Location", "/good")
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(answer)

    do_GET = do_POST  # noqa: N815 (http.server wants these names)

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    Service.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def targets(*urls: str, fatal: bool = False) -> dict[str, Any]:
    return {"targets": [{"name": f"t{index}", "url": url} for index, url in enumerate(urls)], "fatal": fatal}


def test_who_asks_nobody_gets_nothing(make_spec):
    assert ask_targets(make_spec(), {}) == {}


def test_a_service_is_told_of_the_instance_as_nova_does(make_spec, url):
    said = base64.b64encode(b"#cloud-config\npassword: @novalite-secret-0123456789ab@\n").decode()
    digest = hashlib.sha256(base64.b64decode(said)).hexdigest()
    spec = make_spec(
        user_data_sha256=digest, metadata={"n": 1}, hostname="web.example.org", vendor_targets=targets(url + "/good")
    )
    assert ask_targets(spec, {digest: said}) == {"t0": {"a": "ä"}}
    assert [asked["body"] for asked in Service.asked] == [
        {
            "project-id": "shop",
            "instance-id": spec["uuid"],
            "image-id": spec["image"]["sha256"],
            "user-data": said,
            "hostname": "web.example.org",
            "metadata": {"n": "1"},
            "boot-roles": "",
        }
    ]
    assert Service.asked[0]["headers"]["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/list", [1, 2]),
        ("/empty", {}),
        ("/no-json", {}),
        ("/large", {}),
        ("/error", {}),
        ("/moved", {}),
        ("/unknown", {}),
    ],
)
def test_what_a_service_answers(make_spec, url, path, expected):
    spec = make_spec(vendor_targets=targets(url + path, url + "/good"))
    assert ask_targets(spec, {}) == {"t0": expected, "t1": {"a": "ä"}}
    assert [asked["path"] for asked in Service.asked] == [path, "/good"]  # nobody is asked who was not named


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://", "nonsense", "http://[::1"])
def test_what_is_no_web_service_is_not_asked(make_spec, address):
    assert ask_targets(make_spec(vendor_targets=targets(address)), {}) == {"t0": {}}
    with pytest.raises(HostError) as caught:
        ask_targets(make_spec(vendor_targets=targets(address, fatal=True)), {})
    assert (caught.value.id, address in caught.value.message) == ("vendor_data", True)


def test_a_failure_is_fatal_where_that_is_said(make_spec, url):
    with pytest.raises(HostError, match=r"t1.*500"):
        ask_targets(make_spec(vendor_targets=targets(url + "/good", url + "/error", fatal=True)), {})


@pytest.mark.parametrize("drip", [b"", b"x"])
def test_a_service_that_never_ends_its_answer_is_left(make_spec, monkeypatch, drip):
    monkeypatch.setattr(vendor_targets, "TIMEOUT_S", 0.2)
    monkeypatch.setattr(vendor_targets, "WHOLE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_drip, args=(server, drip), daemon=True).start()
        begin = time.monotonic()
        spec = make_spec(vendor_targets=targets(f"http://127.0.0.1:{server.getsockname()[1]}/"))
        assert ask_targets(spec, {}) == {"t0": {}}
        assert time.monotonic() - begin < 3


def _drip(server: socket.socket, drip: bytes) -> None:
    """Take one connection, and send a byte now and then for ever."""
    with contextlib.suppress(OSError), server.accept()[0] as peer:
        while True:
            peer.sendall(drip)
            time.sleep(0.1)
