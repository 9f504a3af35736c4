# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/image.py and image_header.py: what gets in, and what does not."""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import image
from ansible_collections.novalite.compute.plugins.module_utils.host import Host
from ansible_collections.novalite.compute.plugins.module_utils.host_error import HostError
from ansible_collections.novalite.compute.plugins.module_utils.image_header import unsafe_reason, virtual_bytes


@pytest.fixture
def store(tmp_path: Path) -> Host:
    (tmp_path / "images").mkdir()
    return Host(None, str(tmp_path))


def deliver(store: Host, data: bytes, image_format: str = "raw", **more: object) -> dict[str, object]:
    sha256 = hashlib.sha256(data).hexdigest()
    Path(image.part_path(store.state_dir, sha256)).write_bytes(data)
    return {"sha256": sha256, "format": image_format, "size_bytes": len(data), "url": None, **more}


def qcow2(path: Path, *options: str) -> bytes:
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *options, str(path), "8M"], check=True)
    return path.read_bytes()


def test_a_delivered_image_is_verified_and_kept_read_only(store):
    wanted = deliver(store, b"x" * 4096)
    assert image.ensure(store, wanted, check=True).changed
    assert image.ensure(store, wanted).changed
    path = image.image_path(store.state_dir, wanted["sha256"], "raw")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o444
    assert image.list_images(store.state_dir) == [wanted["sha256"]]
    assert not image.ensure(store, wanted).changed


def test_other_bytes_than_the_digest_are_thrown_away(store):
    wanted = deliver(store, b"x" * 4096)
    part = Path(image.part_path(store.state_dir, wanted["sha256"]))
    part.write_bytes(b"y")
    with pytest.raises(HostError) as caught:
        image.ensure(store, wanted)
    assert (caught.value.id, part.exists()) == ("image_checksum", False)


def test_an_image_nobody_delivered_is_missing(store):
    with pytest.raises(HostError) as caught:
        image.ensure(store, {"sha256": "0" * 64, "format": "raw", "size_bytes": None, "url": None})
    assert caught.value.id == "image_missing"


@pytest.mark.parametrize("options", [("-b", "/etc/passwd", "-F", "raw", "-u"), ("-o", "data_file=DATA")])
def test_images_that_refer_to_other_files_are_refused(store, tmp_path, options):
    options = [option.replace("DATA", str(tmp_path / "data")) for option in options]
    wanted = deliver(store, qcow2(tmp_path / "bad.qcow2", *options), "qcow2")
    with pytest.raises(HostError) as caught:
        image.ensure(store, wanted)
    assert caught.value.id == "image_unsafe"
    assert os.listdir(os.path.join(store.state_dir, "images")) == []


def test_a_good_qcow2_is_taken(store, tmp_path):
    data = qcow2(tmp_path / "good.qcow2")
    wanted = deliver(store, data, "qcow2")
    assert image.ensure(store, wanted).changed
    assert image.image_virtual_bytes(store.state_dir, wanted["sha256"], "qcow2") == 8 * 1024 * 1024
    assert "declared raw" in unsafe_reason(data[:112], "raw", len(data))
    assert "declared qcow2" in unsafe_reason(b"x" * 112, "qcow2", 112)


@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [
        (4, 9, "version"),
        (8, 4096, "backing"),
        (32, 1, "encrypted"),
        (76, 4, "another file"),
        (24, 0x7FFF0000, "16 TiB"),
    ],
)
def test_each_reason_to_refuse_a_header(tmp_path, offset, value, reason):
    header = bytearray(qcow2(tmp_path / "x.qcow2")[:112])
    packed = struct.pack(">Q", value) if offset == 8 else struct.pack(">I", value)
    header[offset : offset + len(packed)] = packed
    assert reason in unsafe_reason(bytes(header), "qcow2", 112)


def test_the_size_of_a_raw_image_is_that_of_its_file():
    assert virtual_bytes(b"", "raw", 4096) == 4096


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        data = b"z" * 4096
        self.send_response(200)
        self.send_header("Content-Length", str(len(data) + (self.path == "/short")))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.mark.parametrize(
    ("path", "size", "error"), [("/x", 4096, None), ("/short", None, "image_fetch"), ("/x", 9, "image_fetch")]
)
def test_a_host_fetches_an_image_itself(store, path, size, error):
    with HTTPServer(("127.0.0.1", 0), _Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}{path}"
        wanted = {"sha256": hashlib.sha256(b"z" * 4096).hexdigest(), "format": "raw", "size_bytes": size, "url": url}
        try:
            if error is None:
                assert image.ensure(store, wanted).changed
            else:
                with pytest.raises(HostError) as caught:
                    image.ensure(store, wanted)
                assert caught.value.id == error
        finally:
            server.shutdown()


@pytest.mark.parametrize("left", [b"", b"z" * 100, b"z" * 4096, b"other" * 999])
def test_what_an_interrupted_download_left_does_not_fail_the_next_one(store, left):
    data = b"z" * 4096
    with HTTPServer(("127.0.0.1", 0), _Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        wanted = deliver(store, data, url=f"http://127.0.0.1:{server.server_port}/x")
        Path(image.part_path(store.state_dir, wanted["sha256"])).write_bytes(left)
        try:
            assert image.ensure(store, wanted).changed
        finally:
            server.shutdown()
    assert os.listdir(os.path.join(store.state_dir, "images")) == [wanted["sha256"] + ".raw"]


def test_a_whole_file_that_was_not_published_is_not_fetched_again(store):
    wanted = deliver(store, b"z" * 4096, url="http://127.0.0.1:1/nobody-listens")
    assert image.ensure(store, wanted).changed


def test_only_http_is_fetched(store):
    wanted = {"sha256": "0" * 64, "format": "raw", "size_bytes": None, "url": "file:///etc/passwd"}
    with pytest.raises(HostError) as caught:
        image.ensure(store, wanted)
    assert caught.value.id == "bad_request"
