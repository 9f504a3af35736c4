# SPDX-License-Identifier: GPL-3.0-or-later
"""The SSH host key of a guest: made on its host at birth, given to it in vendor data, known to whoever connects.

ssh-keygen makes it; the private file lies in the instance's folder (0600) for the life of the instance: a rebuild gives
the guest the same one. The public part is read from it, and is in the mark (state key ``host_key``). Touches files.
"""

from __future__ import annotations

import base64
import binascii
import os
import struct

from . import failpoint
from .durable_file import make_dir, read_file, remove_file, write_file
from .host_error import HostError
from .operational_state import HOST_KEY
from .paths import instance_dir
from .program import run_program
from .seed_kind import IGNITION, seed_kind

KIND = "ed25519"
FILE = "host_key"
_PART = FILE + ".part"
FILES = (FILE, FILE + ".new", _PART, _PART + ".pub")
_MAGIC = b"openssh-key-v1\0"
# One of these is in the spec of every guest into which somebody could log in.
_LOGINS = ("keypair", "user_data_sha256", "vendor_data_sha256", "vendor_targets", "admin_pass_sha256")


def is_wanted(spec):
    # type: (dict) -> bool
    """Tell whether a guest gets a host key: not where nobody could reach it or log in, or where nothing would act on
    vendor data.
    """
    if spec.get("host_key") == "none" or seed_kind(spec) == IGNITION:
        return False
    return bool(spec["ports"]) and any(spec.get(key) for key in _LOGINS)


def make(state_dir, spec):
    # type: (str, dict) -> object
    """Return cloud-init's ``ssh_keys`` of an instance, whose key is made if it has none yet; None where it gets none.

    Not durable before ``sync_file_system``. Raises: HostError ``tool_missing`` without ssh-keygen.
    """
    if not is_wanted(spec):
        return None
    folder = instance_dir(state_dir, spec["uuid"])
    private = read_file(os.path.join(folder, FILE))
    if private is None or _public(private) is None:  # cut short by a power cut: no guest has it yet
        private = _generate(folder)
    return {KIND + "_private": private.decode("ascii"), KIND + "_public": _public(private)}


def _generate(folder):
    # type: (str) -> bytes
    make_dir(folder)
    part = os.path.join(folder, _PART)
    with failpoint.around("host_key.make"):
        for path in (part, part + ".pub"):  # of an attempt that was interrupted: ssh-keygen would ask
            remove_file(path)
        try:
            run_program(["ssh-keygen", "-q", "-t", KIND, "-N", "", "-C", "", "-f", part], 60.0)
        except HostError as error:
            if error.id != "tool_missing":
                raise
            reason = "no SSH host key can be made (%s): install openssh-client, or say host_key: none" % error.message
            raise HostError("tool_missing", reason) from error
        private = read_file(part)
        if private is None or _public(private) is None:
            raise HostError("tool_failed", "ssh-keygen made no key in %s" % folder)
        write_file(os.path.join(folder, FILE), private, durable=False)
        for path in (part, part + ".pub"):
            remove_file(path)
    return private


def with_public(state_dir, spec, state):
    # type: (str, dict, dict) -> dict
    """Return an instance's operational state with the public part of its key, as the guest is given it at birth."""
    private = read_file(os.path.join(instance_dir(state_dir, spec["uuid"]), FILE)) if is_wanted(spec) else None
    public = None if private is None else _public(private)
    kept = {key: value for key, value in state.items() if key != HOST_KEY}
    return kept if public is None else dict(kept, **{HOST_KEY: {KIND: public}})


def _public(private):
    # type: (bytes) -> object
    """Return the line of the public key that is in a private file of OpenSSH, or None where there is none."""
    lines = private.split(b"\n")
    try:
        data = base64.b64decode(b"".join(lines[1 : lines.index(b"-----END OPENSSH PRIVATE KEY-----")]), validate=True)
        place = len(_MAGIC)
        for _field in ("cipher", "kdf", "options"):
            place += 4 + struct.unpack_from(">I", data, place)[0]
        count, length = struct.unpack_from(">II", data, place)
    except (ValueError, binascii.Error, struct.error):
        return None
    blob = data[place + 8 : place + 8 + length]
    if not data.startswith(_MAGIC) or count != 1 or len(blob) != length:
        return None
    return "ssh-%s %s" % (KIND, base64.b64encode(blob).decode("ascii"))
