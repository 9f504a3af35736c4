# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that are kept as they are while the instance goes on with copies, until somebody says which ones stay. Touches
files, runs cp and qemu-img.

A copy is made beside the disk (``disk.new``), durable; then the disk gets its second name (``disk.resize-old``), and
the copy takes over its first. At every moment ``disk`` is a whole disk, and the old one has a name.
"""

from __future__ import annotations

import os

from . import failpoint
from .domain_disk import EPHEMERAL, ROOT
from .durable_file import remove_file, sync_dir, sync_file_system
from .instance_folder import KEPT
from .program import run_program

COPY_S = 7200  # a file system without reflinks copies every byte that a guest wrote


def names_of(spec):
    # type: (dict) -> list
    """Return the disks that hold what a guest would miss; what is in its swap is worth nothing once it is off."""
    return [ROOT, EPHEMERAL] if spec["flavor"]["ephemeral_gib"] else [ROOT]


def copy(folder, names, growing):
    # type: (str, list, dict) -> None
    """Make the copies, those larger that ``growing`` names (path -> bytes); what took over already is left alone."""
    for name in names:
        if is_kept(folder, name):
            continue
        disk, new = os.path.join(folder, name), os.path.join(folder, name + ".new")
        with failpoint.around("disk.copy"):
            remove_file(new)
            program = ["cp", "--reflink=auto", "--sparse=always", "--", disk, new]
            run_program(program, COPY_S)
            os.chmod(new, 0o600)
            if os.geteuid() == 0:
                os.chown(new, 0, 0)
            if disk in growing:
                disk_format = "qcow2" if name == ROOT else "raw"
                run_program(["qemu-img", "resize", "-q", "-f", disk_format, "--", new, str(growing[disk])])
    sync_file_system(folder)


def take_over(folder, names):
    # type: (str, list) -> None
    """Put the copies in the place of the disks, which are kept under their second names."""
    for name in names:
        disk, kept, new = (os.path.join(folder, name + ending) for ending in ("", KEPT, ".new"))
        if not os.path.lexists(new):
            continue
        with failpoint.around("disk.keep"):
            if not os.path.lexists(kept):
                os.link(disk, kept)
                sync_dir(folder)
        with failpoint.around("disk.replace"):
            os.rename(new, disk)
            sync_dir(folder)


def is_kept(folder, name):
    # type: (str, str) -> bool
    """Tell whether a disk is kept, and its copy has taken over."""
    disk, kept = os.path.join(folder, name), os.path.join(folder, name + KEPT)
    return os.path.lexists(kept) and not os.path.samefile(disk, kept)


def bring_back(folder, names):
    # type: (str, list) -> None
    """Put the kept disks back in their place, whatever was written to the copies; may be repeated."""
    for name in names:
        disk, kept = os.path.join(folder, name), os.path.join(folder, name + KEPT)
        with failpoint.around("disk.replace"):
            if is_kept(folder, name):
                os.rename(kept, disk)
            else:
                remove_file(kept)  # a second name of the same file, or none
            remove_file(disk + ".new")
            sync_dir(folder)


def drop(folder, names):
    # type: (str, list) -> None
    """Remove what is kept, and copies that never took over."""
    with failpoint.around("files.remove"):
        for name in names:
            for ending in (KEPT, ".new"):
                remove_file(os.path.join(folder, name + ending))
