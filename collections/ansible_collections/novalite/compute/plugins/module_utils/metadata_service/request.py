# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes of a client -> an HTTP request, or the status to refuse them with; answers -> bytes. Pure."""

from __future__ import annotations

import re
from urllib.parse import unquote

HEAD_BYTES = 8192
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT")
REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    411: "Length Required",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    505: "HTTP Version Not Supported",
}
TEXT = "text/plain; charset=UTF-8"

_LINE = re.compile(r"([!-~]+) ([!-~]+) HTTP/(\d)\.\d", re.ASCII)
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", re.ASCII)
_ORIGIN = re.compile(r"https?://[^/?#]*", re.ASCII | re.IGNORECASE)


class RefusedError(Exception):
    """A request that gets a status and nothing else."""

    def __init__(self, status):
        # type: (int) -> None
        Exception.__init__(self, status)
        self.status = status


class Request(object):
    """``method``, ``path`` (decoded, without query) and ``headers`` (names in lower case; the last of a name)."""

    def __init__(self, method, path, headers=None):
        # type: (str, str, object) -> None
        self.method = method
        self.path = path
        self.headers = headers or {}


class Answer(object):
    """``status``, ``body`` (bytes), ``kind`` (content type) and further ``headers``."""

    def __init__(self, status, body=b"", kind=TEXT, headers=None):
        # type: (int, bytes, str, object) -> None
        self.status = status
        self.body = body
        self.kind = kind
        self.headers = headers or {}


def refusal(status, **headers):
    # type: (int, str) -> Answer
    """Return the answer that only says what is wrong."""
    return Answer(status, ("%d %s\n" % (status, REASONS[status])).encode("ascii"), headers=headers)


def parse(head):
    # type: (bytes) -> Request
    """Return the request of a head, all up to and with the empty line. Raises: RefusedError."""
    lines = head.decode("latin-1").split("\r\n")[:-2]
    match = _LINE.fullmatch(lines[0]) if lines else None
    if match is None:
        raise RefusedError(400)
    method, target, version = match.groups()
    if version != "1":
        raise RefusedError(505)
    if method not in METHODS:
        raise RefusedError(501)
    target = _ORIGIN.sub("", target, count=1) if not target.startswith("/") else target
    path = unquote(target.partition("?")[0].partition("#")[0] or "/")
    return Request(method, path, _headers(lines[1:]))


def _headers(lines):
    # type: (list) -> dict
    found = {}
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise RefusedError(400)
        name, value = match.group(1).lower(), match.group(2)
        if name == "content-length" and found.get(name, value) != value:
            raise RefusedError(400)
        found[name] = value
    return found


def body_length(request, most):
    # type: (Request, int) -> int
    """Return how many bytes of body follow. Raises: RefusedError for more than ``most``, or an unknown number."""
    if "transfer-encoding" in request.headers:
        raise RefusedError(411)
    text = request.headers.get("content-length")
    if text is None:
        raise RefusedError(411)
    if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) is None or int(text) > most:
        raise RefusedError(400)
    return int(text)


def to_bytes(answer, is_head=False):
    # type: (Answer, bool) -> bytes
    """Return an answer as it goes over the wire; the connection ends after it."""
    lines = ["HTTP/1.1 %d %s" % (answer.status, REASONS[answer.status])]
    lines += ["Content-Type: " + answer.kind, "Content-Length: %d" % len(answer.body), "Connection: close"]
    lines += ["%s: %s" % (name.replace("_", "-"), value) for name, value in sorted(answer.headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if is_head else answer.body)
