# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree of files -> the bytes of an ISO 9660 image with Joliet and Rock Ridge. Imports pycdlib when first used; not
for threads.

Same tree, same bytes: pycdlib writes the time of day into many places, so its clock stands still while we use it.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
import types

from .host_error import HostError

_FROZEN_S = 315532800.0  # 1980-01-01, the oldest time that every reader understands
_SECTOR = 2048
_LAID_OUT = {}  # names and sizes -> (image, places of its contents)
_DIR_MODE = 0o040555
_FILE_MODE = 0o100444


class _StandingClock(types.ModuleType):
    """The module ``time``, at one moment and in UTC."""

    gmtime = staticmethod(time.gmtime)
    localtime = staticmethod(time.gmtime)
    strftime = staticmethod(time.strftime)
    strptime = staticmethod(time.strptime)

    @staticmethod
    def time():
        # type: () -> float
        """Return the moment."""
        return _FROZEN_S


_CLOCK = _StandingClock("time")


def _import_pycdlib():
    # type: () -> object
    try:
        import pycdlib
    except ImportError:
        raise HostError("tool_missing", "pycdlib is not installed here: apt install python3-pycdlib") from None
    return pycdlib


@contextlib.contextmanager
def _clock_stopped():
    # type: () -> object
    """Let no part of pycdlib see the time of day, whichever parts of its many versions ask for it."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith("pycdlib.")]
    changed = [module for module in modules if getattr(module, "time", None) is time]
    try:
        for module in changed:
            module.time = _CLOCK
        yield
    finally:
        for module in changed:
            module.time = time


def iso_from_tree(tree, label):
    # type: (dict, str) -> bytes
    """Return the image of a tree of path -> bytes. Names are kept by Rock Ridge and Joliet; the plain ones are
    numbers.

    Where everything lies depends on names and sizes alone, which instances of one kind share: of them only the first
    is laid out by pycdlib (5 ms), and the others' contents take the places of its own.
    """
    numbers = {}  # content -> its number: equal contents (of most versions) share one place
    for data in tree.values():
        numbers.setdefault(data, len(numbers))
    layout = (label, tuple((path, len(data), numbers[data]) for path, data in tree.items()))
    if layout not in _LAID_OUT:
        pycdlib = _import_pycdlib()
        with _clock_stopped():
            _LAID_OUT[layout] = _build(pycdlib.PyCdlib(), tree, label)
    image, places = _LAID_OUT[layout]
    answer = bytearray(image)
    for data, number in numbers.items():
        answer[places[number] : places[number] + len(data)] = data
    return bytes(answer)


def _build(image, tree, label):
    # type: (object, dict, str) -> tuple
    """Return the image, and at which byte each of its contents lies, in their order."""
    image.new(
        interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident=label, sys_ident="LINUX", app_ident_str="novalite"
    )
    plain = {"": ""}
    first = {}  # content -> the plain path that it got
    for path, data in tree.items():
        folder = _make_folders(image, path, plain)
        name = path.rpartition("/")[2]
        plain[path] = "%s/F%05d.;1" % (plain[folder], len(plain))
        if data in first:
            image.add_hard_link(iso_old_path=first[data], iso_new_path=plain[path], rr_name=name)
            image.add_hard_link(iso_old_path=first[data], joliet_new_path="/" + path)
            continue
        first[data] = plain[path]
        image.add_fp(
            io.BytesIO(data), len(data), plain[path], rr_name=name, joliet_path="/" + path, file_mode=_FILE_MODE
        )
    answer = io.BytesIO()
    image.write_fp(answer)
    places = [image.get_record(iso_path=path).extent_location() * _SECTOR for path in first.values()]
    image.close()
    return answer.getvalue(), places


def _make_folders(image, path, plain):
    # type: (object, str, dict) -> str
    """Make the folders above a path that are not there yet; return the nearest one."""
    done = ""
    for name in path.split("/")[:-1]:
        above, done = done, (done + "/" + name if done else name)
        if done not in plain:
            plain[done] = "%s/D%05d" % (plain[above], len(plain))
            image.add_directory(plain[done], rr_name=name, joliet_path="/" + done, file_mode=_DIR_MODE)
    return done
