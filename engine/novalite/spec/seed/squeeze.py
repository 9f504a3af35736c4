# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes -> gzip: the same bytes on every machine. Pure.

zlib is free to choose others with every version and build (zlib-ng does), and an instance whose user data has another
digest is one that must be rebuilt. So this is a small writer of our own (RFC 1951, fixed Huffman codes; RFC 1952).
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # deflate, no name, no time, no system
_WINDOW = 32768
_TRIES = 48  # earlier places that are compared
_LEAST, _MOST = 3, 258


def squeezed(data: bytes) -> bytes:
    """Return the data as a gzip file."""
    return (
        _HEAD + _deflate(data) + zlib.crc32(data).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little")
    )


def _reversed(code: int, length: int) -> int:
    return int(format(code, f"0{length}b")[::-1], 2)


def _symbols() -> list[tuple[int, int]]:
    """Return (code, bits) of every literal and length symbol; codes are written from their highest bit."""
    rows = [(0x30 + n, 8) for n in range(144)] + [(0x190 + n, 9) for n in range(112)]
    rows += [(n, 7) for n in range(24)] + [(0xC0 + n, 8) for n in range(8)]
    return [(_reversed(code, bits), bits) for code, bits in rows]


def _steps(first: int, count: int, plain: int, each: int) -> list[tuple[int, int]]:
    """Return (least value, extra bits) of length or distance symbols: ``plain`` without, then ``each`` of a size."""
    rows, value = [], first
    for number in range(count):
        extra = max((number - plain) // each + 1, 0)
        rows.append((value, extra))
        value += 1 << extra
    return rows


_SYMBOLS = _symbols()
_LENGTHS = [*_steps(_LEAST, 28, 8, 4), (_MOST, 0)]
_DISTANCES = _steps(1, 30, 4, 2)
_LENGTH_SYMBOL = [max(n for n, (least, _) in enumerate(_LENGTHS) if least <= length) for length in range(3, 259)]


def _match(data: bytes, at: int, places: list[int]) -> tuple[int, int]:
    """Return the length and distance of the longest repetition, the nearest of equal ones."""
    best, distance = 0, 0
    limit = min(_MOST, len(data) - at)
    for place in reversed(places[-_TRIES:]):
        if at - place > _WINDOW:
            break
        if best and data[place + best : place + best + 1] != data[at + best : at + best + 1]:
            continue
        length = _LEAST
        while length < limit and data[place + length] == data[at + length]:
            length += 1
        if length > best:
            best, distance = length, at - place
        if best == limit:
            break
    return best, distance


def _deflate(data: bytes) -> bytes:
    written = bytearray()
    held, bits = 0b011, 3  # last block, fixed codes

    def put(value: int, count: int) -> None:
        nonlocal held, bits
        held |= value << bits
        bits += count
        while bits >= 8:
            written.append(held & 0xFF)
            held >>= 8
            bits -= 8

    seen: dict[bytes, list[int]] = {}
    at = 0
    while at < len(data):
        places = seen.get(data[at : at + _LEAST], []) if at + _LEAST <= len(data) else []
        length, distance = _match(data, at, places) if places else (0, 0)
        if length:
            _put_match(put, length, distance)
        else:
            put(*_SYMBOLS[data[at]])
        for place in range(at, at + max(length, 1)):
            seen.setdefault(data[place : place + _LEAST], []).append(place)
        at += max(length, 1)
    put(*_SYMBOLS[256])
    put(0, -bits % 8)
    return bytes(written)


def _put_match(write: Callable[[int, int], None], length: int, distance: int) -> None:
    number = _LENGTH_SYMBOL[length - _LEAST]
    least, extra = _LENGTHS[number]
    write(*_SYMBOLS[257 + number])
    write(length - least, extra)
    number = max(n for n, (first, _) in enumerate(_DISTANCES) if first <= distance)
    least, extra = _DISTANCES[number]
    write(_reversed(number, 5), 5)
    write(distance - least, extra)
