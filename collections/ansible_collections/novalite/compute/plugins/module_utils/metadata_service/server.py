# SPDX-License-Identifier: GPL-3.0-or-later
"""Sockets and their limits: one thread, bounded connections, each with a deadline. Talks to guests.

Two listening sockets for each bridge, bound to it: what they accept is bound too, so that an answer leaves by the
bridge it was asked from, though two networks have the same addresses.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys

from .request import HEAD_BYTES, RefusedError, body_length, parse, refusal, to_bytes

PORT = 80
REQUEST_S = 5.0
ANSWER_S = 10.0
LINGER_S = 0.5
LINGER_BYTES = 64 * 1024
MOST_CONNECTIONS = 1024
MOST_EACH = 16
BACKLOG = 128


def listen(bridge, address, hops=None):
    # type: (str, str, object) -> socket.socket
    """Return a socket that listens on one bridge. Raises: OSError."""
    is_v6 = ":" in address
    made = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, bridge.encode() + b"\0")
        if hops and is_v6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, hops)
        elif hops:
            made.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)
        if is_v6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address, PORT, 0, socket.if_nametoindex(bridge)) if is_v6 else (address, PORT))
        made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    return made


def say(text):
    # type: (str) -> None
    """Tell the host's log."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class Server(object):
    """Reads requests and writes answers.

    ``identify(socket, peer)`` gives a key for the limit of each, and whatever ``respond(who, request, body)`` needs;
    ``body_limit(request)`` the most bytes of body, None where the body is not read.
    """

    def __init__(self, identify, respond, body_limit):
        # type: (object, object, object) -> None
        self._identify, self._respond, self._body_limit = identify, respond, body_limit
        self._open = {}

    async def handle(self, reader, writer):
        # type: (asyncio.StreamReader, asyncio.StreamWriter) -> None
        """Serve one connection; whatever happens on it ends with it."""
        key = None
        try:
            peer = writer.get_extra_info("peername")
            key, who = self._identify(writer.get_extra_info("socket"), peer[0] if peer else "")
            if self._open.get(key, 0) >= MOST_EACH or sum(self._open.values()) >= MOST_CONNECTIONS:
                key = None
                return
            self._open[key] = self._open.get(key, 0) + 1
            data = await self._talk(reader, who)
            await asyncio.wait_for(_send(reader, writer, data), ANSWER_S)
        except (OSError, EOFError, asyncio.TimeoutError, asyncio.CancelledError):  # the last: the service ends
            pass
        except Exception as error:  # one guest's request must not end the service of the others
            say("a request failed: %r" % error)
        finally:
            if key is not None:
                self._open[key] -= 1
                if not self._open[key]:
                    del self._open[key]
            writer.transport.abort()

    async def _talk(self, reader, who):
        # type: (asyncio.StreamReader, object) -> bytes
        """Return the bytes to answer with."""
        try:
            request, body = await asyncio.wait_for(self._read(reader), REQUEST_S)
        except asyncio.TimeoutError:
            return to_bytes(refusal(408))
        except asyncio.LimitOverrunError:
            return to_bytes(refusal(431))
        except RefusedError as error:
            return to_bytes(refusal(error.status))
        return to_bytes(self._respond(who, request, body), request.method == "HEAD")

    async def _read(self, reader):
        # type: (asyncio.StreamReader) -> tuple
        request = parse(await reader.readuntil(b"\r\n\r\n"))
        most = self._body_limit(request)
        body = b"" if most is None else await reader.readexactly(body_length(request, most))
        return request, body


async def _send(reader, writer, data):
    # type: (asyncio.StreamReader, asyncio.StreamWriter, bytes) -> None
    """Send all of it, and wait a little for the client to have it: closing over unread input would take it back."""
    writer.transport.set_write_buffer_limits(high=0)
    writer.write(data)
    await writer.drain()
    writer.write_eof()
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(_discard(reader), LINGER_S)


async def _discard(reader):
    # type: (asyncio.StreamReader) -> None
    left = LINGER_BYTES
    while left > 0:
        data = await reader.read(4096)
        if not data:
            return
        left -= len(data)


async def start(server, sock):
    # type: (Server, socket.socket) -> object
    """Serve what a listening socket accepts."""
    return await asyncio.start_server(server.handle, sock=sock, limit=HEAD_BYTES, backlog=BACKLOG)
