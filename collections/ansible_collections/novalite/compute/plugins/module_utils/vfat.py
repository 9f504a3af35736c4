# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree of files -> the bytes of a FAT16 image with long names. Pure; same tree, same bytes.

Written here, not by mkfs.vfat and mcopy: those are some dozens of processes for a drive, and put the time of day into
it. It is as large as its files need (Nova: always 64 MiB, as it cannot know their size), 2 MiB at least: with fewer
clusters it would be a FAT12. fsck.vfat and mtools read it in the tests.
Source: Microsoft's FAT specification 1.03; nova/virt/configdrive.py.
"""

from __future__ import annotations

import struct
import zlib

SECTOR = 512
_ROOT_ENTRIES = 512
_ENTRY = 32
_LEAST, _MOST = 4160, 65500  # clusters of a FAT16; a few off the borders, where programs count differently
_DIR, _FILE, _LABEL, _LONG = 0x10, 0x20, 0x08, 0x0F
_THEN = (0, 0x21)  # midnight, 1980-01-01: the oldest time there is
_END = 0xFFFF


class _Folder(object):
    """A folder of the tree: name -> _Folder or bytes; ``cluster`` is its first, 0 for the root."""

    __slots__ = ("above", "cluster", "inside")

    def __init__(self, above):
        # type: (object) -> None
        self.above = above
        self.inside = {}
        self.cluster = 0

    def size(self):
        # type: () -> int
        """Return how many bytes its entries need."""
        own = _ENTRY if self.above is None else 2 * _ENTRY  # the label, or the folder itself and the one above
        return own + sum(_ENTRY * (2 + (len(name) - 1) // 13) for name in self.inside)


def vfat_from_tree(tree, label):
    # type: (dict, str) -> bytes
    """Return the image of a tree of path -> bytes. Raises: ValueError where the root has too many files."""
    folders = _folders_from_tree(tree)
    if folders[0].size() > _ROOT_ENTRIES * _ENTRY:
        raise ValueError("too many files in the root of a drive")
    per_cluster = 1
    while _needed(folders, per_cluster * SECTOR) > _MOST:
        per_cluster *= 2
    size = per_cluster * SECTOR
    clusters = max(_LEAST, _needed(folders, size))
    table, starts = _allocate(folders, size)
    data = [_entries(folder, starts, label, size) for folder in folders]
    data += [_padded(content, size) for folder in folders for content in folder.inside.values() if _has_place(content)]
    per_table = -(-2 * (clusters + 2) // SECTOR)
    table = b"".join(struct.pack("<H", number) for number in table).ljust(per_table * SECTOR, b"\0")
    total = 1 + 2 * per_table + _ROOT_ENTRIES * _ENTRY // SECTOR + clusters * per_cluster
    number = zlib.crc32(b"".join(data))
    head = _boot_sector(per_cluster, per_table, total, number, label)
    return (head + table + table + b"".join(data)).ljust(total * SECTOR, b"\0")


def _has_place(content):
    # type: (object) -> bool
    """Tell whether an entry of a folder is a file that has a place of its own: one that is not empty."""
    return isinstance(content, bytes) and bool(content)


def _folders_from_tree(tree):
    # type: (dict) -> list
    root = _Folder(None)
    folders = [root]
    for path, data in tree.items():
        folder = root
        *above, name = path.split("/")
        for part in above:
            if part not in folder.inside:
                folder.inside[part] = _Folder(folder)
                folders.append(folder.inside[part])
            folder = folder.inside[part]
        folder.inside[name] = data
    return folders


def _padded(data, size):
    # type: (bytes, int) -> bytes
    return data.ljust(-(-len(data) // size) * size, b"\0")


def _sizes(folders):
    # type: (list) -> object
    """Yield (what, bytes) in the order of their places: all folders but the root, then all files."""
    for folder in folders[1:]:
        yield folder, folder.size()
    for folder in folders:
        for name, content in folder.inside.items():
            if _has_place(content):
                yield (folder, name), len(content)


def _needed(folders, size):
    # type: (list, int) -> int
    return sum(-(-amount // size) for _what, amount in _sizes(folders))


def _allocate(folders, size):
    # type: (list, int) -> tuple
    """Return the table of clusters, and what -> its first cluster; files lie in one piece, one after the other."""
    table, starts = [0xFFF8, _END], {folders[0]: 0}
    for what, amount in _sizes(folders):
        starts[what] = len(table)
        last = len(table) - (-amount // size) - 1
        table.extend(range(len(table) + 1, last + 1))
        table.append(_END)
    return table, starts


def _entries(folder, starts, label, size):
    # type: (_Folder, dict, str, int) -> bytes
    """Return the sectors of a folder."""
    if folder.above is None:
        found = [_entry(label.encode("ascii").ljust(11), _LABEL, 0, 0)]
    else:
        own = ((b".", folder), (b"..", folder.above))
        found = [_entry(name.ljust(11), _DIR, starts[where], 0) for name, where in own]
    for index, (name, content) in enumerate(folder.inside.items()):
        short = b"F%07d   " % index
        found.extend(_long_entries(name, short))
        if isinstance(content, _Folder):
            found.append(_entry(short, _DIR, starts[content], 0))
        else:
            found.append(_entry(short, _FILE, starts.get((folder, name), 0), len(content)))
    return _padded(b"".join(found), size if folder.above else _ROOT_ENTRIES * _ENTRY)


def _entry(short, attributes, cluster, size):
    # type: (bytes, int, int, int) -> bytes
    time, date = _THEN
    return struct.pack("<11sBBBHHHHHHHI", short, attributes, 0, 0, time, date, date, 0, time, date, cluster, size)


def _long_entries(name, short):
    # type: (str, bytes) -> list
    """Return the entries that hold a long name, the last part of it first."""
    check = 0
    for byte in bytearray(short):
        check = ((check >> 1) | (check << 7 & 0x80)) + byte & 0xFF
    letters = name.encode("utf-16-le")
    if len(letters) % 26:
        letters = (letters + b"\0\0").ljust(-(-len(letters) // 26) * 26, b"\xff")
    parts = [letters[start : start + 26] for start in range(0, len(letters), 26)]
    found = []
    for index, part in enumerate(parts):
        number = index + 1 + (0x40 if index == len(parts) - 1 else 0)
        found.append(struct.pack("<B10sBBB12sH4s", number, part[:10], _LONG, 0, check, part[10:22], 0, part[22:]))
    return found[::-1]


def _boot_sector(per_cluster, per_table, total, number, label):
    # type: (int, int, int, int, str) -> bytes
    few, many = (total, 0) if total < 0x10000 else (0, total)
    return struct.pack(
        "<3s8sHBHBHHBHHHIIBBBI11s8s448s2s",
        b"\xeb\x3c\x90", b"novalite", SECTOR, per_cluster, 1, 2, _ROOT_ENTRIES, few, 0xF8, per_table, 32, 64, 0, many,
        0x80, 0, 0x29, number, label.encode("ascii").ljust(11), b"FAT16   ", b"", b"\x55\xaa",
    )  # fmt: skip
