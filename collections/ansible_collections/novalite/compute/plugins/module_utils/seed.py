# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest is told at birth besides its spec: the contents whose digests the spec names. Pure.

They travel beside the spec (``{"<sha256>": "<base64>"}``), as they are too big or too private for it.
"""

from __future__ import annotations

import base64
import binascii
import json

from .canonical import sha256_hex
from .host_error import HostError
from .seed_secrets import JSON, RAW, fill, kind_of


class Seed(object):
    """Contents by what they are for: bytes, JSON already read, text.

    ``vendor_data2`` is name -> what a service answered, ``files`` are (path in the guest, bytes), ``host_key`` is
    cloud-init's ``ssh_keys``: ``{"ed25519_private", "ed25519_public"}``.
    """

    __slots__ = ("admin_pass", "files", "host_key", "random_key", "user_data", "vendor_data", "vendor_data2")

    def __init__(self, user_data=None, vendor_data=None, vendor_data2=None, files=(), admin_pass=None, host_key=None):
        # type: (object, object, object, object, object, object) -> None
        self.user_data = user_data
        self.vendor_data = vendor_data
        self.vendor_data2 = vendor_data2 or {}
        self.files = list(files)
        self.admin_pass = admin_pass
        self.give_host_key(host_key)

    def give_host_key(self, host_key):
        # type: (object) -> None
        """Give it the key that the host made; the guest's first random numbers come from it, too."""
        self.host_key = self.random_key = host_key

    def without_secrets(self, host_key=None):
        # type: (object) -> Seed
        """Return the seed as everybody in the guest may know it: no password, and this host key or none."""
        known = Seed(self.user_data, self.vendor_data, self.vendor_data2, self.files, None, host_key)
        known.random_key = self.random_key
        return known


def digests(spec):
    # type: (dict) -> list
    """Return the SHA-256 of every content that a spec names."""
    alone = [spec.get(key) for key in ("user_data_sha256", "vendor_data_sha256", "admin_pass_sha256")]
    return [one for one in alone if one] + [entry["sha256"] for entry in spec.get("files") or ()]


def seed_from(spec, contents, secrets=None):
    # type: (dict, object, object) -> Seed
    """Return the seed of a spec from the contents that travel beside it (digest -> base64, or None for none).

    ``secrets`` are the values for tokens in them. Raises: HostError ``bad_request`` where a content is missing, is not
    what its digest says, or was not asked for.
    """
    found, secrets = _decoded(contents or {}), secrets or {}
    named = set(digests(spec))
    for wrong, what in ((named - set(found), "is missing"), (set(found) - named, "is not named by its spec")):
        if wrong:
            raise HostError("bad_request", "a content with SHA-256 %s %s" % (min(wrong), what))
    user_data = found.get(spec["user_data_sha256"])
    vendor, password = found.get(spec.get("vendor_data_sha256")), found.get(spec.get("admin_pass_sha256"))
    return Seed(
        user_data=None if user_data is None else fill(user_data, secrets, kind_of(user_data)),
        vendor_data=None if vendor is None else _json(fill(vendor, secrets, JSON)),
        files=[(entry["path"], fill(found[entry["sha256"]], secrets, RAW)) for entry in spec.get("files") or ()],
        admin_pass=None if password is None else fill(password, secrets, RAW).decode("utf-8"),
    )


def _decoded(contents):
    # type: (dict) -> dict
    answer = {}
    for said, text in contents.items():
        try:
            answer[said] = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError, TypeError) as error:
            raise HostError("bad_request", "the content with SHA-256 %s is not base64" % said) from error
        if sha256_hex(answer[said]) != said:
            raise HostError(
                "bad_request", "a content should have SHA-256 %s and has %s" % (said, sha256_hex(answer[said]))
            )
    return answer


def _json(data):
    # type: (bytes) -> object
    try:
        return json.loads(data.decode("utf-8"))
    except ValueError as error:
        raise HostError("bad_request", "vendor data is not JSON") from error


def contents_of(user_data, contents):
    # type: (object, object) -> dict
    """Return the contents that a module's options say: ``user_data`` (base64 or None), and others by digest."""
    answer = dict(contents or {})
    if user_data is not None:
        answer[sha256_hex(base64.b64decode(user_data))] = user_data
    return answer
