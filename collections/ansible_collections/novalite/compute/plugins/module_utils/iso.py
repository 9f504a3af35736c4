# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree of files -> the bytes of an ISO 9660 image with Joliet and Rock Ridge. Pure; same tree, same bytes.

Written here, not by a library: a config drive has some sixty files, for which pycdlib takes five times as long, needs a
package on the host and a clock that stands still. Equal contents (of most versions of the metadata) share one place.
Tests read it with isoinfo, xorriso and pycdlib. Source: ECMA-119; Joliet specification; SUSP 1.10, RRIP 1.10.
"""

from __future__ import annotations

import struct

SECTOR = 2048
MOST_NAME = 30  # letters of a name that ISO 9660 itself holds
_FIRST = 16  # sectors of the system area
_THEN = b"\x50\x01\x01\0\0\0\0"  # 1980-01-01, the oldest time that every reader understands
_THEN_LONG = b"1980010100000000\0"
_NEVER = b"0" * 16 + b"\0"
_ONE = b"\1\0\0\1"  # the number 1 in both byte orders
_DIR, _FILE = 0o040555, 0o100444
_SHARING = b"SP\7\1\xbe\xef\0"
_ROCK_RIDGE = b"ER" + struct.pack("BBBBBB", 18, 1, 10, 0, 0, 1) + b"RRIP_1991A"


class _Folder(object):
    """A folder of the tree: ``inside`` is sorted, name -> _Folder or bytes; ``number`` counts in the path tables."""

    __slots__ = ("above", "inside", "name", "number")

    def __init__(self, name, above):
        # type: (str, object) -> None
        self.name = name
        self.above = self if above is None else above
        self.inside = {}
        self.number = 1


class _Names(object):
    """One of the image's two sets of names. The plain ones are as Nova's: lower case and several dots stay."""

    def __init__(self, encoding, escape, kind):
        # type: (str, bytes, int) -> None
        self.encoding = encoding
        self.escape = escape
        self.kind = kind
        self.is_plain = not escape

    def text(self, text, size):
        # type: (str, int) -> bytes
        """Return a text of the descriptor."""
        return text.ljust(size if self.is_plain else size // 2).encode(self.encoding).ljust(size, b"\0")

    def extra(self, name, mode):
        # type: (str, int) -> bytes
        """Return what Rock Ridge says of a file beside its plain name."""
        if not self.is_plain:
            return b""
        owner = b"PX" + struct.pack("BB", 36, 1) + _both(mode) + _both(1) + _both(0) + _both(0)
        return owner + (b"NM" + struct.pack("BBB", 5 + len(name), 1, 0) + name.encode("ascii") if name else b"")


_PLAIN, _JOLIET = _Names("ascii", b"", 1), _Names("utf-16-be", b"%/E", 2)


def iso_from_tree(tree, label):
    # type: (dict, str) -> bytes
    """Return the image of a tree of path -> bytes. Raises: ValueError for names that are long or not ASCII."""
    folders = _folders_from_tree(tree)
    places, sector = {}, _FIRST + 3  # what has a place -> its first sector, and how many bytes it has
    for names in (_PLAIN, _JOLIET):
        size = len(_path_table(folders, names, places, "<"))
        for order in "<>":
            places[names, order] = (sector, size)
            sector += _sectors(size)
    for names in (_PLAIN, _JOLIET):
        for folder in folders:
            places[names, folder] = (sector, _folder_size(folder, names))
            sector += places[names, folder][1] // SECTOR
    places[b""] = (_FIRST, 0)  # what is empty must not be told to lie behind the end
    for data in tree.values():
        if data not in places:
            places[data] = (sector, len(data))
            sector += _sectors(len(data))
    parts = [bytes(_FIRST * SECTOR)]
    parts += [_descriptor(names, label, folders[0], places, sector) for names in (_PLAIN, _JOLIET)]
    parts.append(_padded(b"\xffCD001\1"))
    for names in (_PLAIN, _JOLIET):
        parts += [_padded(_path_table(folders, names, places, order)) for order in "<>"]
    for names in (_PLAIN, _JOLIET):
        parts += [_folder(folder, names, places) for folder in folders]
    parts += [_padded(data) for data in places if isinstance(data, bytes)]
    return b"".join(parts)


def _folders_from_tree(tree):
    # type: (dict) -> list
    """Return the folders as the path tables want them: by depth, then by the folder above, then by name."""
    root = _Folder("", None)
    for path, data in tree.items():
        folder = root
        *above, name = path.split("/")
        for part in above:
            folder = folder.inside.setdefault(part, _Folder(part, folder))
        folder.inside[name] = data
    folders = [root]
    for folder in folders:  # grows meanwhile
        folder.inside = dict(sorted(folder.inside.items()))
        for name, entry in folder.inside.items():
            if not name or len(name.encode("ascii")) > MOST_NAME:
                raise ValueError("not a name for a drive: %r" % (name,))
            if isinstance(entry, _Folder):
                folders.append(entry)
                entry.number = len(folders)
    return folders


def _both(number):
    # type: (int) -> bytes
    return struct.pack("<I", number) + struct.pack(">I", number)


def _sectors(size):
    # type: (int) -> int
    return -(-size // SECTOR)


def _padded(data):
    # type: (bytes) -> bytes
    return data.ljust(_sectors(len(data)) * SECTOR, b"\0")


def _record(name, place, is_folder, extra=b""):
    # type: (bytes, tuple, bool, bytes) -> bytes
    """Return a line of a folder."""
    body = _both(place[0]) + _both(place[1]) + _THEN + struct.pack("BBB", 2 * is_folder, 0, 0) + _ONE
    body += struct.pack("B", len(name)) + name
    body += b"\0" * (len(name) % 2 == 0) + extra
    body += b"\0" * (len(body) % 2)
    return struct.pack("BB", len(body) + 2, 0) + body


def _records(folder, names, places):
    # type: (_Folder, _Names, dict) -> object
    """Yield the lines of a folder. Without places they have their right length, and no meaning."""
    nowhere = (0, 0)
    own = names.extra("", _DIR)
    if names.is_plain and folder.above is folder:
        yield _record(b"\0", places.get((names, folder), nowhere), True, _SHARING + own + _ROCK_RIDGE)
    else:
        yield _record(b"\0", places.get((names, folder), nowhere), True, own)
    yield _record(b"\1", places.get((names, folder.above), nowhere), True, own)
    for name, entry in folder.inside.items():
        if isinstance(entry, _Folder):
            place = places.get((names, entry), nowhere)
            yield _record(name.encode(names.encoding), place, True, names.extra(name, _DIR))
        else:
            encoded = (name + ";1" if names.is_plain else name).encode(names.encoding)
            yield _record(encoded, places.get(entry, nowhere), False, names.extra(name, _FILE))


def _folder(folder, names, places):
    # type: (_Folder, _Names, dict) -> bytes
    """Return a folder's sectors; no line crosses from one into the next."""
    sectors = [b""]
    for record in _records(folder, names, places):
        if len(sectors[-1]) + len(record) > SECTOR:
            sectors.append(b"")
        sectors[-1] += record
    return b"".join(_padded(sector) for sector in sectors)


def _folder_size(folder, names):
    # type: (_Folder, _Names) -> int
    return len(_folder(folder, names, {}))


def _path_table(folders, names, places, order):
    # type: (list, _Names, dict, str) -> bytes
    table = []
    for folder in folders:
        name = folder.name.encode(names.encoding) or b"\0"
        sector = places.get((names, folder), (0, 0))[0]
        table.append(struct.pack(order + "BBIH", len(name), 0, sector, folder.above.number) + name)
        table.append(b"\0" * (len(name) % 2))
    return b"".join(table)


def _descriptor(names, label, root, places, space):
    # type: (_Names, str, _Folder, dict, int) -> bytes
    """Return the sector that says what the image is; ``space`` is how many sectors it has."""
    (first, size), (second, _same) = places[names, "<"], places[names, ">"]
    parts = (
        struct.pack("B5sBB", names.kind, b"CD001", 1, 0),
        names.text("LINUX", 32) + names.text(label, 32) + bytes(8),
        _both(space) + names.escape.ljust(32, b"\0") + _ONE + _ONE,
        struct.pack("<H", SECTOR) + struct.pack(">H", SECTOR) + _both(size),
        struct.pack("<II", first, 0) + struct.pack(">II", second, 0),
        _record(b"\0", places[names, root], True),
        names.text("", 128) + names.text("NOVALITE", 128) + names.text("", 128) + names.text("NOVALITE", 128),
        names.text("", 37) * 3,
        _THEN_LONG * 2 + _NEVER * 2 + b"\1",
    )
    return b"".join(parts).ljust(SECTOR, b"\0")
