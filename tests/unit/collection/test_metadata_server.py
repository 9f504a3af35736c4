# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/metadata_service/server.py: what hostile clients cannot do. On loopback, where a client's address says
which instance it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

import pytest

from ansible_collections.novalite.compute.plugins.module_utils.metadata_service import server
from ansible_collections.novalite.compute.plugins.module_utils.metadata_service.request import Answer

GET = b"GET /x HTTP/1.1\r\n\r\n"


class Clients:
    def __init__(self, port):
        self.port = port

    async def send(self, data, source="127.0.0.2", close=False):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))
        writer.write(data)
        if close:
            writer.write_eof()
        return reader, writer

    async def answer(self, data, source="127.0.0.2", close=False):
        reader, writer = await self.send(data, source, close)
        try:
            return await asyncio.wait_for(reader.read(), 5)
        except ConnectionError:
            return b""
        finally:
            writer.close()


def serve(monkeypatch, story, body=b"hello"):
    """Run a story against a server whose patience is short."""
    monkeypatch.setattr(server, "REQUEST_S", 0.5)
    monkeypatch.setattr(server, "LINGER_S", 0.1)

    async def whole():
        made = server.Server(lambda _socket, peer: (peer, peer), lambda *_: Answer(200, body), lambda _request: None)
        sock = socket.create_server(("127.0.0.1", 0))
        listening = await server.start(made, sock)
        await story(Clients(sock.getsockname()[1]), made)
        for _ in range(100):  # whatever came, nothing of it stays
            if not made._open:
                break
            await asyncio.sleep(0.05)
        assert made._open == {}
        listening.close()

    asyncio.run(whole())


@pytest.mark.parametrize(
    ("data", "begins"),
    [
        (GET, b"HTTP/1.1 200 OK\r\n"),
        (GET * 50, b"HTTP/1.1 200 OK\r\n"),  # one answer: connections are not kept
        (b"HEAD / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n"),
        (b"GET /x HTTP/1.1\r\nX: " + b"y" * 9000 + b"\r\n\r\n", b"HTTP/1.1 431 "),
        (b"\xff" * 100000, b"HTTP/1.1 431 "),
        (b"\0" * 100 + b"\r\n\r\n", b"HTTP/1.1 400 "),
        (b"GET /x HTTP/1.1\r\nX: y", b"HTTP/1.1 408 "),
        (b"", b"HTTP/1.1 408 "),
    ],
)
def test_a_client_gets_one_answer_whatever_it_sends(monkeypatch, data, begins):
    async def story(clients, _server):
        got = await clients.answer(data)
        assert got.startswith(begins), got[:100]
        assert got.count(b"HTTP/1.1 ") == 1
        assert got.endswith(b"hello") == (begins == b"HTTP/1.1 200 OK\r\n" and not data.startswith(b"HEAD"))

    serve(monkeypatch, story)


def test_half_a_request_and_an_end_is_no_request(monkeypatch):
    async def story(clients, _server):
        assert await clients.answer(b"GET /x HT", close=True) == b""

    serve(monkeypatch, story)


def test_who_opens_many_connections_stands_in_the_way_of_nobody_else(monkeypatch):
    async def story(clients, made):
        monkeypatch.setattr(server, "REQUEST_S", 30)
        idle = [await clients.send(b"GET /x", "127.0.0.9") for _ in range(100)]
        for reader, _writer in idle[server.MOST_EACH :]:
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        assert made._open == {"127.0.0.9": server.MOST_EACH}
        assert await clients.answer(GET, "127.0.0.9") == b""
        assert (await clients.answer(GET)).endswith(b"hello")
        for _reader, writer in idle:
            writer.close()

    serve(monkeypatch, story)


def test_a_slow_trickle_ends_at_the_deadline(monkeypatch):
    async def story(clients, _made):
        reader, writer = await clients.send(b"GET /x HTTP/1.1\r\n")
        begun = time.monotonic()
        while not reader.at_eof() and time.monotonic() - begun < 5:
            writer.write(b"x: y\r\n")
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(reader.readexactly(12), 0.02)
                break
        assert 0.4 < time.monotonic() - begun < 5
        writer.close()

    serve(monkeypatch, story)


def test_who_does_not_read_holds_nothing(monkeypatch):
    monkeypatch.setattr(server, "ANSWER_S", 0.3)

    async def story(clients, made):
        _reader, writer = await clients.send(GET)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        writer.transport.pause_reading()
        for _ in range(100):
            await asyncio.sleep(0.05)
            if not made._open:
                break
        assert not made._open
        writer.transport.abort()

    serve(monkeypatch, story, body=b"x" * (32 << 20))


def test_a_failure_ends_with_its_request(monkeypatch, capsys):
    def fails(*_):
        raise KeyError("x")

    async def story(clients, made):
        good, made._respond = made._respond, fails
        assert await clients.answer(GET) == b""
        made._respond = good
        assert (await clients.answer(GET)).endswith(b"hello")

    serve(monkeypatch, story)
    assert "a request failed" in capsys.readouterr().err
