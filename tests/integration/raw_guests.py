# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests made of nothing but frames: what a hostile driver could send, and all that reaches its card.

Each ``Card`` holds the guest's end of a real tap on a real bridge, as QEMU does. For a network namespace of one's own.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import select
import struct
import subprocess
import threading
import time

METADATA = "169.254.169.254"
GATEWAY = "02:00:00:00:00:fe"  # nobody has it: what is sent there must be taken off its way
EVERYBODY = "ff:ff:ff:ff:ff:ff"
_TUNSETIFF, _TAP, _NO_PI = 0x400454CA, 0x0002, 0x1000
_ARP, _IPV4 = 0x0806, 0x0800
_FIN, _SYN, _PSH, _ACK = 1, 2, 8, 16


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def packed(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def address(text: str) -> bytes:
    return ipaddress.ip_address(text).packed


def checksum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def arp(kind: int, mac: str, source: str, target: str, to: str = EVERYBODY) -> bytes:
    """A question (1) or an answer (2): ``source`` is at ``mac``."""
    body = struct.pack(">HHBBH", 1, _IPV4, 6, 4, kind) + packed(mac) + address(source)
    return packed(to) + packed(mac) + struct.pack(">H", _ARP) + body + packed(to) + address(target)


def tcp(mac: str, source: str, port: int, numbers: tuple[int, int], flags: int, data: bytes = b"") -> bytes:
    """A segment to the service, by way of a gateway."""
    head = struct.pack(">HHIIBBHHH", port, 80, *numbers, 5 << 4, flags, 64000, 0, 0)
    pseudo = address(source) + address(METADATA) + struct.pack(">BBH", 0, 6, len(head) + len(data))
    head = head[:16] + struct.pack(">H", checksum(pseudo + head + data)) + head[18:]
    outer = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(head) + len(data), 1, 0x4000, 64, 6, 0)
    outer += address(source) + address(METADATA)
    outer = outer[:10] + struct.pack(">H", checksum(outer)) + outer[12:]
    return packed(GATEWAY) + packed(mac) + struct.pack(">H", _IPV4) + outer + head + data


class Card:
    """A guest's card: ``seen`` is every frame that came, ``owns`` the addresses that it says are its own."""

    def __init__(self, name: str, bridge: str, mac: str, owns: str) -> None:
        self.mac, self.owns, self.seen = mac, owns, list[bytes]()
        self._file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self._file, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _TAP | _NO_PI))
        ip("link", "set", name, "address", "fe" + mac[2:], "master", bridge, "up")  # as libvirt does
        self._port = 40000
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, *frames: bytes) -> None:
        for frame in frames:
            os.write(self._file, frame)

    def _listen(self) -> None:
        while True:
            select.select([self._file], [], [])
            frame = os.read(self._file, 65536)
            self.seen.append(frame)
            if (
                frame[12:14] == struct.pack(">H", _ARP)
                and frame[20:22] == b"\0\1"
                and frame[38:42] == address(self.owns)
            ):
                self.send(arp(2, self.mac, self.owns, METADATA, frame[6:12].hex(":")))

    def heard(self, since: int = 0) -> bytes:
        """All that came."""
        return b"".join(self.seen[since:])

    def segments(self, port: int) -> list[tuple[int, int, int, bytes]]:
        """(number, acknowledged, flags, data) of what the service sent to a port of this guest, or seems to have."""
        found = []
        for frame in list(self.seen):
            if frame[12:14] == b"\x08\0" and frame[23] == 6 and frame[26:30] == address(METADATA):
                _from, to, number, seen, offset, flags = struct.unpack(">HHIIBB", frame[34:48])
                data = frame[34 + (offset >> 4) * 4 : 14 + struct.unpack(">H", frame[16:18])[0]]
                if to == port:
                    found.append((number, seen, flags, data))
        return found

    def get(self, path: str, *, between: tuple[Card, list[bytes]] | None = None, patience_s: float = 1.5) -> bytes:
        """Ask the service, and return what it answers; ``between`` has a card send frames just before each segment."""
        self._port += 1
        port, number, got, until = self._port, 1000, b"", time.monotonic() + patience_s

        def say(flags: int, seen: int, data: bytes = b"") -> None:
            if between:
                between[0].send(*between[1])
            self.send(tcp(self.mac, self.owns, port, (number, seen), flags, data))
            if between:
                between[0].send(*between[1])

        say(_SYN, 0)
        expected = None
        while time.monotonic() < until:
            for began, _seen, flags, data in self.segments(port):
                if flags & _SYN and expected is None:
                    expected, number = began + 1, number + 1
                    request = f"GET {path} HTTP/1.1\r\n\r\n".encode()
                    say(_PSH | _ACK, expected, request)
                    number += len(request)
                elif data and began == expected:
                    got, expected = got + data, expected + len(data)
                    say(_ACK, expected)
                if flags & _FIN and began + len(data) == expected:
                    return got
            time.sleep(0.01)
        return got
