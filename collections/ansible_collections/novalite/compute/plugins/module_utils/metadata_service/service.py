# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole service: follows bridges, taps and documents, once a second, and answers meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

from . import answers, guard, identity, tokens
from .documents import PASSWORD_BYTES, Documents
from .request import Answer, RefusedError, body_length, refusal
from .server import Server, listen, say, start

POLL_S = 1.0
CHECK_EVERY = 5  # polls between two looks at whether our rules and addresses are still there
TOLD_AGAIN_S = 60.0


class Service(object):
    """Whom it serves is in ``directory``, made anew at every poll."""

    def __init__(self, state_dir, mode=tokens.OFF):
        # type: (str, str) -> None
        self.documents = Documents(state_dir)
        self.tokens = tokens.Tokens(mode)
        self.directory = identity.Directory([], [])
        self.server = Server(self._identify, self._respond, _body_limit)
        self._listening = {}  # (bridge, its number, address) -> server
        self._installed = None
        self._told = {}
        self._polls = 0

    async def run(self, stop):
        # type: (asyncio.Event) -> None
        """Serve until told to stop, then take everything away."""
        guard.accept_marks()
        try:
            while not stop.is_set():
                try:
                    await self.poll()
                except (guard.GuardError, OSError) as error:
                    self._tell("poll", str(error))
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(stop.wait(), POLL_S)
        finally:
            await self._close(list(self._listening))
            guard.remove()

    async def poll(self):
        # type: () -> None
        """Look at what is there, and follow it. Rules are in force before anything listens."""
        self.directory = identity.Directory(identity.read_taps(), self.documents.known())
        bridges = guard.bridge_macs(self.directory.bridges)
        wanted = {(name, _index(name), address) for name in bridges for address in (guard.IPV4, guard.IPV6)}
        self._polls += 1
        taps, others = list(self.directory.taps.values()), guard.ports_besides(bridges)
        state = (sorted((tap.index, tap.bridge) for tap in taps), bridges, others)
        is_due = self._polls % CHECK_EVERY == 1
        if state != self._installed or (is_due and not guard.is_installed()):
            guard.install(taps, bridges, others)
        if is_due or self._installed is None or bridges != self._installed[1]:
            guard.take_addresses(bridges)
        self._installed = state
        await self._close([key for key in self._listening if key not in wanted])
        for key in sorted(wanted - set(self._listening)):
            await self._listen(key)

    async def _listen(self, key):
        # type: (tuple) -> None
        try:
            sock = listen(key[0], key[2], 1 if self.tokens.mode != tokens.OFF else None)
        except OSError as error:  # no IPv6 there, or the address is a moment away
            self._tell(key, "cannot listen on %s at %s yet: %s" % (key[2], key[0], error))
            return
        self._listening[key] = await start(self.server, sock)
        say("listening on %s at %s" % (key[2], key[0]))

    async def _close(self, keys):
        # type: (list) -> None
        for key in keys:
            server = self._listening.pop(key)
            server.close()

    def _tell(self, key, text):
        # type: (object, str) -> None
        """Say something, but not over and over: a guest must not fill the host's log."""
        now = time.monotonic()
        if now - self._told.get(key, -TOLD_AGAIN_S) >= TOLD_AGAIN_S:
            if len(self._told) > 10000:
                self._told.clear()
            self._told[key] = now
            say(text)

    def _identify(self, connection, peer):
        # type: (object, str) -> tuple
        """Return the number of the tap, and (instance or None)."""
        index = identity.index_of(connection)
        bridge = connection.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).rstrip(b"\0").decode()
        instance, reason = self.directory.who(index, bridge, peer)
        if instance is None:
            self._tell((index, bridge), "nobody asks from %s on %s: %s" % (peer, bridge, reason))
        return index, instance

    def _respond(self, instance, request, body):
        # type: (object, object, bytes) -> Answer
        tree = None if instance is None else self.documents.tree(instance.uuid)
        if tree is None:
            return refusal(404)
        return respond(self.documents, self.tokens, instance.uuid, tree, request, body)


def respond(documents, sessions, uuid, tree, request, body):
    # type: (Documents, tokens.Tokens, str, dict, object, bytes) -> Answer
    """Return the answer to a request of a known instance."""
    path = answers.tokens_of(request.path)
    if path == tokens.PATH and sessions.mode != tokens.OFF:
        return sessions.give(uuid, request.headers) if request.method == "PUT" else refusal(405, Allow="PUT")
    if not sessions.accepts(uuid, request.headers):
        return refusal(401)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    found = answers.answer(tree, path, today, documents.password(uuid))
    if request.method == "GET" or found.status != 200:
        return found
    if answers.is_password(path):
        return _post(documents, uuid, request, body) if request.method == "POST" else refusal(400)
    return found if request.method == "HEAD" else refusal(405, Allow="GET, HEAD")


def _post(documents, uuid, request, body):
    # type: (Documents, str, object, bytes) -> Answer
    """Keep the password, once. What is set is told before what is too large, as in Nova."""
    if documents.password(uuid):
        return refusal(409)
    try:
        if body_length(request, PASSWORD_BYTES) != len(body):
            return refusal(400)
    except RefusedError as error:
        return refusal(error.status)
    return Answer(200) if documents.keep_password(uuid, body) else refusal(409)


def _body_limit(request):
    # type: (object) -> object
    """Return how much is read of a body: that of a password, unless it is too large anyway."""
    if request.method != "POST" or not answers.is_password(answers.tokens_of(request.path)):
        return None
    try:
        body_length(request, PASSWORD_BYTES)
    except RefusedError:  # the answer says why, once it is known who asks
        return None
    return PASSWORD_BYTES


def _index(name):
    # type: (str) -> int
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return 0
