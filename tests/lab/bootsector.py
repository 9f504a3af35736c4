"""The smallest guest there is: 512 bytes that say on the serial port that they run.

It boots in about a second under emulation with 64 MiB, has no operating system, ignores the ACPI power button and never
writes to its disk. Two variants: "halt" says one line and idles; "heartbeat" goes on counting, about once a second,
which proves in a log which copy of an instance was alive when.
"""

from __future__ import annotations

# Written down as bytes, so that no assembler is needed. Loaded by the BIOS at 0x7c00.
_START = """
fa           cli
31 c0        xor ax, ax
8e d8        mov ds, ax
8e d0        mov ss, ax
bc 00 7c     mov sp, 0x7c00
fb           sti
fc           cld
be 6c 7c     mov si, banner
e8 1e 00     call print
"""
# 18 timer ticks are a second; then the six digits are counted up like an odometer.
_HEARTBEAT = """
b9 12 00     beat: mov cx, 18
f4           tick: hlt
e2 fd        loop tick
bf 68 7c     mov di, last digit
fe 05        up: inc byte [di]
80 3d 3a     cmp byte [di], '9' + 1
72 06        jb show
c6 05 30     mov byte [di], '0'
4f           dec di
eb f3        jmp up
be 44 7c     show: mov si, line
e8 02 00     call print
eb e2        jmp beat
"""
_HALT = """
f4           sleep: hlt
eb fd        jmp sleep
"""
# Straight to the first serial port's registers: the BIOS may not know it.
_PRINT = """
ba fd 03     print: mov dx, line status
ec           wait: in al, dx
a8 20        test al, transmitter empty
74 fb        jz wait
ac           lodsb
84 c0        test al, al
74 06        jz done
ba f8 03     mov dx, data
ee           out dx, al
eb ed        jmp print
c3           done: ret
"""
_LINE = b"novalite-bootsector: heartbeat=000000\r\n\0"
_BANNER = b"novalite-bootsector: up\r\n\0"
VARIANTS = {"halt": _HALT, "heartbeat": _HEARTBEAT}

# SeaBIOS boots nothing from a disk of one sector.
DISK_BYTES = 1024 * 1024


def _bytes(listing: str) -> bytes:
    """The hex column of a listing (its first 12 characters)."""
    return bytes.fromhex("".join(line[:12] for line in listing.splitlines()))


def disk(variant: str) -> bytes:
    """A raw disk whose first sector is the guest."""
    body = _bytes(VARIANTS[variant]).ljust(len(_bytes(_HEARTBEAT)), b"\x90")  # the addresses above stay true
    sector = (_bytes(_START) + body + _bytes(_PRINT) + _LINE + _BANNER).ljust(510, b"\0") + b"\x55\xaa"
    return sector.ljust(DISK_BYTES, b"\0")
