# SPDX-License-Identifier: GPL-3.0-or-later
"""The drives of the golden set as images, and what the readers of file systems find on them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from ansible_collections.novalite.compute.plugins.module_utils import seed_kind, seed_tree
from ansible_collections.novalite.compute.plugins.module_utils.iso import iso_from_tree
from ansible_collections.novalite.compute.plugins.module_utils.vfat import vfat_from_tree

if TYPE_CHECKING:
    from pathlib import Path

    from guest_init.seed_cases import Case

MAKERS = {"iso9660": iso_from_tree, "vfat": vfat_from_tree}
LABELS = seed_tree.LABELS


def tree_of(case: Case, kind: str) -> dict[str, bytes]:
    """Return the files that the drive is to hold."""
    properties = {**case.spec["image"]["properties"], seed_kind.PROPERTY: kind}
    return seed_tree.seed_tree({**case.spec, "image": {**case.spec["image"], "properties": properties}}, case.seed)


def image(case: Case, kind: str, form: str, folder: Path) -> Path:
    """Write a drive's image into a folder and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}.{form}"
    path.write_bytes(MAKERS[form](tree_of(case, kind), LABELS[kind]))
    return path


def unpack(case: Case, kind: str, folder: Path) -> None:
    """Put what is found on a drive's image into a folder: an ISO for the one kind of seed, a VFAT for the other."""
    images = folder.parent / (folder.name + ".image")
    if kind == "nocloud":
        folder.mkdir(parents=True)
        run("mcopy", "-s", "-n", "-i", str(image(case, kind, "vfat", images)), "::/", str(folder))
        return
    run("xorriso", "-osirrox", "on", "-indev", str(image(case, kind, "iso9660", images)), "-extract", "/", str(folder))
    run("chmod", "-R", "u+w", str(folder))


def run(*words: str) -> bytes:
    """Return what a program wrote. Raises: AssertionError with what it complained of."""
    done = subprocess.run(words, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, (words, done.stderr.decode(errors="replace")[-2000:])
    return done.stdout


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder, by path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
