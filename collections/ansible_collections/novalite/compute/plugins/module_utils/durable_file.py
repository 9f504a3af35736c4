# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are whole or not there. Touches files.

A file gets its mode before its content, its content reaches the disk before its name, and its name is given by a
rename.
"""

from __future__ import annotations

import ctypes
import errno
import os

from .host_error import HostError

_PAGE = 4096
_ZERO = b"\0" * _PAGE


def make_dir(path, mode=0o711):
    # type: (str, int) -> None
    """Make a folder and those above it; others may pass through ours but not list them."""
    if os.path.isdir(path):
        return
    make_dir(os.path.dirname(path), mode)
    try:
        os.mkdir(path, mode)
        os.chmod(path, mode)
    except OSError as error:
        if error.errno != errno.EEXIST:
            raise io_failed(path, error) from error


def io_failed(path, error):
    # type: (str, OSError) -> HostError
    """Return the error that says which file the operating system refused, and why."""
    hint = ""
    if error.errno in (errno.EACCES, errno.EPERM) and os.geteuid():
        hint = " (user %d asked; novalite works as root: set ansible_become: true)" % os.geteuid()
    return HostError("io_failed", "%s: %s%s" % (path, error.strerror or error, hint))


def sync_dir(path):
    # type: (str) -> None
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file_system(path):
    # type: (str) -> None
    """Make everything on one file system durable: one wait for many new files."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor):
            raise io_failed(path, OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno())))
    finally:
        os.close(descriptor)


def write_file(path, data, mode=0o600, durable=True, size=None):
    # type: (str, bytes, int, bool, object) -> None
    """Put bytes under a name, replacing what had it; pages of zeros stay holes, ``size`` extends with one more hole."""
    part = path + ".new"
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        try:
            os.fchmod(descriptor, mode)
            write_sparse(descriptor, data)
            os.ftruncate(descriptor, max(len(data), size or 0))
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(part, path)
        if durable:
            sync_dir(os.path.dirname(path))
    except OSError as error:
        remove_file(part)
        raise io_failed(path, error) from error


def write_sparse(descriptor, data):
    # type: (int, bytes) -> None
    """Write bytes at their places, leaving out the pages that hold only zeros."""
    start = None
    for offset in range(0, len(data) + _PAGE, _PAGE):
        page = data[offset : offset + _PAGE]
        is_hole = not page or page == _ZERO[: len(page)]
        if start is None and not is_hole:
            start = offset
        elif start is not None and is_hole:
            written = start
            while written < offset and written < len(data):
                written += os.pwrite(descriptor, data[written:offset], written)
            start = None


def remove_file(path):
    # type: (str) -> bool
    """Remove a file; tell whether it was there."""
    try:
        os.unlink(path)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return False
        raise io_failed(path, error) from error
    return True


def read_file(path):
    # type: (str) -> object
    """Return a file's bytes, or None where there is no file."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return None
        raise io_failed(path, error) from error
