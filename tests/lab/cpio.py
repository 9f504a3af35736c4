"""A cpio archive ("newc", what the kernel unpacks as its initramfs), written without root and with fixed dates."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field

_DIRECTORY, _FILE, _CHARACTER_DEVICE = stat.S_IFDIR | 0o755, stat.S_IFREG, stat.S_IFCHR | 0o600


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


@dataclass
class Archive:
    """Entries in the order they were added; a folder must come before what lies in it."""

    parts: list[bytes] = field(default_factory=list)

    def folder(self, name: str) -> None:
        """Adds an empty folder."""
        self._entry(name, _DIRECTORY)

    def file(self, name: str, data: bytes, *, executable: bool = False) -> None:
        """Adds a regular file."""
        self._entry(name, _FILE | (0o755 if executable else 0o644), data)

    def device(self, name: str, major: int, minor: int) -> None:
        """Adds a character device: mknod(2) would need root, a line in an archive does not."""
        self._entry(name, _CHARACTER_DEVICE, b"", (major, minor))

    def finish(self) -> bytes:
        """The whole archive."""
        self._entry("TRAILER!!!", 0)
        return b"".join(self.parts)

    def _entry(self, name: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)) -> None:
        raw = name.encode() + b"\0"
        fields = (len(self.parts) + 1, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(raw), 0)
        header = b"070701" + b"".join(b"%08X" % number for number in fields)
        self.parts += [_padded(header + raw), _padded(data)]
