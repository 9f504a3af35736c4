# SPDX-License-Identifier: GPL-3.0-or-later
"""Images on a host: content-addressed, inspected before first use, never changed afterwards. Touches files, network,
qemu-img.

A file gets its final name only after its bytes were compared with the digest that is its name, and its format looked
at; from then on the name is the proof and a ``stat`` is enough.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat

from . import failpoint
from .durable_file import io_failed, make_dir, remove_file, sync_dir
from .host_error import HostError
from .image_header import HEADER_BYTES, unsafe_reason, virtual_bytes
from .paths import image_path
from .program import run_program
from .result import Result

_CHUNK = 1024 * 1024
_FETCH_TIMEOUT_S = 60
_INFO_TIMEOUT_S = 30


def part_path(state_dir, sha256):
    # type: (str, str) -> str
    """Return where an image is delivered before it is verified."""
    return image_path(state_dir, sha256, "raw")[: -len("raw")] + "part"


def has_image(state_dir, sha256, image_format):
    # type: (str, str, str) -> bool
    """Tell whether the host holds an image."""
    try:
        return stat.S_ISREG(os.lstat(image_path(state_dir, sha256, image_format)).st_mode)
    except OSError:
        return False


def image_virtual_bytes(state_dir, sha256, image_format):
    # type: (str, str, str) -> int
    """Return the size of the disk in an image that the host holds. Raises: HostError ``image_missing``."""
    path = image_path(state_dir, sha256, image_format)
    try:
        with open(path, "rb") as stream:
            return virtual_bytes(stream.read(HEADER_BYTES), image_format, os.fstat(stream.fileno()).st_size)
    except (OSError, ValueError) as error:
        raise HostError("image_missing", "image %s is not on this host: %s" % (sha256, error)) from error


def ensure(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Make an image present. ``wanted`` is ``{"sha256", "format", "size_bytes" or None, "url" or None}``, and
    ``delivered`` where the file was put elsewhere than at ``part_path``.

    Raises: HostError ``image_missing``, ``image_checksum``, ``image_unsafe``, ``image_fetch``.
    """
    state_dir, sha256, image_format = host.state_dir, wanted["sha256"], wanted["format"]
    path = image_path(state_dir, sha256, image_format)
    if has_image(state_dir, sha256, image_format):
        return Result(False, {"image": path}, {"image": path})
    changed = Result(True, {"image": None}, {"image": path})
    if check:
        return changed
    make_dir(os.path.dirname(path))
    part = part_path(state_dir, sha256)
    _collect_delivery(wanted.get("delivered"), part)
    try:
        # A file that lies there may be half of one: an interrupted download, or delivery. Only a delivery comes again.
        if wanted.get("url") and not _is_whole(part, sha256):
            _fetch(wanted, part)
        elif not os.path.lexists(part):
            raise HostError("image_missing", "image %s is neither on this host nor was it delivered" % sha256)
        _verify(part, sha256, image_format)
        publish(part, path)
    except HostError as error:
        if error.id in ("image_checksum", "image_unsafe"):
            remove_file(part)
        raise
    except OSError as error:
        raise io_failed(part, error) from error
    return changed


def _collect_delivery(delivered, part):
    # type: (object, str) -> None
    """Move a file that was delivered to a temporary folder."""
    if delivered and os.path.exists(delivered):
        try:
            shutil.move(delivered, part)
        except OSError as error:
            raise io_failed(part, error) from error


def _fetch(wanted, part):
    # type: (dict, str) -> None
    # Half of what the module would import otherwise, in every task on every host.
    import urllib.request

    url = wanted["url"]
    if not url.startswith(("http://", "https://")):
        raise HostError("bad_request", "an image is fetched by http or https only: %s" % url)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as target, urllib.request.urlopen(url, timeout=_FETCH_TIMEOUT_S) as source:
            _copy(source, target, wanted.get("size_bytes"))
    except (OSError, ValueError) as error:
        remove_file(part)
        raise HostError("image_fetch", "%s: %s" % (url, error)) from error


def _copy(source, target, limit):
    # type: (object, object, object) -> None
    """Copy a download; more bytes than the plan knows, or fewer than the server announced, are an error."""
    announced = source.headers.get("Content-Length")
    done = 0
    while True:
        data = source.read(_CHUNK)
        if not data:
            break
        done += len(data)
        if limit and done > limit:
            raise ValueError("it has more than the %d bytes it should have" % limit)
        target.write(data)
    if announced is not None and done != int(announced):
        raise ValueError("the download ended after %d of %s bytes" % (done, announced))


def digest_of(path):
    # type: (str) -> str
    """Return the SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for data in iter(lambda: stream.read(_CHUNK), b""):
            digest.update(data)
    return digest.hexdigest()


def _is_whole(part, sha256):
    # type: (str, str) -> bool
    return os.path.lexists(part) and digest_of(part) == sha256


def _verify(part, sha256, image_format):
    # type: (str, str, str) -> None
    got = digest_of(part)
    if got != sha256:
        raise HostError("image_checksum", "the image should have SHA-256 %s and has %s" % (sha256, got))
    with open(part, "rb") as stream:
        header, size = stream.read(HEADER_BYTES), os.fstat(stream.fileno()).st_size
    reason = unsafe_reason(header, image_format, size)
    if reason is None and image_format == "qcow2":
        reason = _qemu_reason(part, image_format)
    if reason is not None:
        raise HostError("image_unsafe", "image %s is refused: %s" % (sha256, reason))


def _qemu_reason(part, image_format):
    # type: (str, str) -> object
    """Return why qemu's own reading of the image refuses it, or None."""
    arguments = ["qemu-img", "info", "--output=json", "-f", image_format, "--", part]
    try:
        info = json.loads(run_program(arguments, _INFO_TIMEOUT_S).decode("utf-8"))
    except (ValueError, HostError) as error:
        return "qemu-img cannot read it: %s" % error
    data = (info.get("format-specific") or {}).get("data") or {}
    for key, said in (("backing-filename", info), ("full-backing-filename", info), ("data-file", data)):
        if said.get(key):
            return "it refers to another file (%s)" % key
    return "it is encrypted" if info.get("encrypted") else None


def publish(part, path):
    # type: (str, str) -> None
    """Give an image that is whole its name, for good."""
    with failpoint.around("image.publish"):
        with open(part, "rb") as stream:
            os.fchmod(stream.fileno(), 0o444)
            if os.geteuid() == 0:
                os.fchown(stream.fileno(), 0, 0)
            os.fsync(stream.fileno())
        os.rename(part, path)
        sync_dir(os.path.dirname(path))


def list_images(state_dir):
    # type: (str) -> list
    """Return the digests of the images that the host holds, sorted."""
    try:
        names = os.listdir(os.path.join(state_dir, "images"))
    except OSError:
        return []
    found = (name.partition(".") for name in names)
    return sorted({stem for stem, _dot, ending in found if ending in ("qcow2", "raw") and len(stem) == 64})
