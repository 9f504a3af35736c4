# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree of files -> the bytes of an ISO 9660 image with Joliet and Rock Ridge. Imports pycdlib when first used; not
for threads.

Same tree, same bytes: pycdlib writes the time of day into many places, so its clock stands still while we use it.
"""

from __future__ import annotations

import io
import time

from .host_error import HostError

_FROZEN_S = 315532800.0  # 1980-01-01, the oldest time that every reader understands
_DIR_MODE = 0o040555
_FILE_MODE = 0o100444


class _StandingClock(object):
    """What pycdlib uses of the module ``time``, at one moment and in UTC."""

    gmtime = staticmethod(time.gmtime)
    localtime = staticmethod(time.gmtime)
    strftime = staticmethod(time.strftime)

    @staticmethod
    def time():
        # type: () -> float
        """Return the moment."""
        return _FROZEN_S


def _pycdlib():
    # type: () -> object
    try:
        import pycdlib
        from pycdlib import dates, headervd, utils
    except ImportError:
        raise HostError("tool_missing", "pycdlib is not installed here: apt install python3-pycdlib") from None
    for module in (dates, headervd, utils):
        module.time = _StandingClock
    return pycdlib


def iso_from_tree(tree, label):
    # type: (dict, str) -> bytes
    """Return the image of a tree of path -> bytes. Names are kept by Rock Ridge and Joliet; the plain ones are
    numbers.
    """
    image = _pycdlib().PyCdlib()
    image.new(
        interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident=label, sys_ident="LINUX", app_ident_str="novalite"
    )
    plain = {"": ""}
    for path, data in tree.items():
        folder = _make_folders(image, path, plain)
        name = path.rpartition("/")[2]
        image.add_fp(
            io.BytesIO(data),
            len(data),
            "%s/F%05d.;1" % (plain[folder], len(plain)),
            rr_name=name,
            joliet_path="/" + path,
            file_mode=_FILE_MODE,
        )
        plain[path] = ""
    answer = io.BytesIO()
    image.write_fp(answer)
    image.close()
    return answer.getvalue()


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
