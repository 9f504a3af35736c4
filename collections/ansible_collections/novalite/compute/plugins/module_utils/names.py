# SPDX-License-Identifier: GPL-3.0-or-later
"""The one grammar of names, and the identities derived from them. Pure.

A name reaches paths, XML, argument lists, HTML and inventories, so it is matched whole (``$`` would accept a
trailing newline) and only in ASCII.
"""

from __future__ import annotations

import hashlib
import re
import uuid

NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")

# Fixed for ever: changing it would give every instance a new identity.
_NAMESPACE = uuid.UUID("7f9e3a52-6c1d-5b84-9a37-1f0c8e5d2b46")


def is_name(text):
    # type: (object) -> bool
    """Tell whether a value is a name as the fleet language defines it."""
    return isinstance(text, str) and NAME.fullmatch(text) is not None


def domain_from_name(project, name, generation=1):
    # type: (str, str, int) -> str
    """Return the libvirt domain name; a dot cannot occur in a name, so two projects never collide."""
    return "%s.%s" % (project, name) if generation == 1 else "%s.%s.%d" % (project, name, generation)


def uuid_from_name(project, name, generation=1):
    # type: (str, str, int) -> str
    """Return the UUID of an instance: the same for the same name for ever, so that a lost answer is found again.

    The generation is raised by the planner when an earlier holder of the name still lives (after a rename).
    """
    return str(uuid.uuid5(_NAMESPACE, "%s/%s/%d" % (project, name, generation)))


def mac_from_uuid(instance_uuid, index, attempt=0):
    # type: (str, int, int) -> str
    """Return the MAC of one port: locally administered, unicast, 40 bits of the digest.

    40 bits, because 24 (a vendor prefix) make a collision likely from some 5,000 ports on; the planner still
    compares with every MAC it has seen and raises ``attempt``.
    """
    digest = hashlib.sha256(("%s/%d/%d" % (instance_uuid, index, attempt)).encode("ascii")).digest()
    return "52:" + ":".join("%02x" % byte for byte in bytearray(digest[:5]))
