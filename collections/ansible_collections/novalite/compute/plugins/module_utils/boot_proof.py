# SPDX-License-Identifier: GPL-3.0-or-later
"""Does kvm really run guests here? Proven by running one. Starts a QEMU, keeps the answer in the state dir.

``/dev/kvm`` and libvirt's capabilities both claim kvm on machines where no guest ever gets to its first instruction.
The guest is a boot sector that tells QEMU's debug-exit device to end with a status that nothing else produces.
"""

from __future__ import annotations

import json
import os
import platform
import tempfile

from .canonical import canonical_json
from .durable_file import read_file, write_file
from .host_error import HostError
from .program import run_program

# mov al, 0x10; out 0xf4, al; hlt; jmp back. The device ends QEMU with (0x10 << 1) | 1.
_SECTOR = b"\xb0\x10\xe6\xf4\xf4\xeb\xfd"
_EXIT_STATUS = 33
_DISK_BYTES = 1024 * 1024
_DEADLINE_S = 5.0  # it takes a quarter of a second where kvm is what it should be


def prove_kvm(state_dir, emulator, version):
    # type: (str, str, int) -> tuple
    """Return (does it work, why), from the file if this kernel and this emulator were asked before."""
    key = {"kernel": platform.release(), "emulator": emulator, "version": version, "device": os.path.exists("/dev/kvm")}
    path = os.path.join(state_dir, "kvm_proof.json")
    try:
        said = json.loads((read_file(path) or b"{}").decode("utf-8"))
    except (ValueError, HostError):
        said = {}
    if said.get("key") == key and isinstance(said.get("works"), bool):
        return said["works"], str(said.get("reason"))
    works, reason = _try_guest(emulator) if key["device"] else (False, "there is no /dev/kvm")
    if os.path.isdir(state_dir) and os.access(state_dir, os.W_OK):
        write_file(path, canonical_json({"key": key, "works": works, "reason": reason}))
    return works, reason


def _try_guest(emulator):
    # type: (str) -> tuple
    with tempfile.NamedTemporaryFile(prefix="novalite-kvm-") as disk:
        disk.write(_SECTOR.ljust(510, b"\0") + b"\x55\xaa")
        disk.truncate(_DISK_BYTES)
        disk.flush()
        # The CPU that host-model leads to: nested kvm often runs simple CPUs and dies of the host's own
        # model-specific registers.
        arguments = [emulator, "-accel", "kvm", "-machine", "q35", "-cpu", "host", "-m", "16", "-nodefaults"]
        arguments += [
            "-no-user-config",
            "-display",
            "none",
            "-no-reboot",
            "-device",
            "isa-debug-exit,iobase=0xf4,iosize=0x04",
        ]
        arguments += ["-drive", "file=%s,format=raw,if=none,id=boot,snapshot=on" % disk.name]
        arguments += ["-device", "virtio-blk-pci,drive=boot"]
        try:
            run_program(arguments, _DEADLINE_S)
        except HostError as error:
            if error.id == "tool_failed" and "ended with %d:" % _EXIT_STATUS in error.message:
                return True, "a guest ran with kvm here"
            return False, "no guest runs with kvm here: %s" % error.message.partition("\n")[0]
    return False, "the guest ended without a sign of life"
