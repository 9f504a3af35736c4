# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example is a fleet without a problem; the one that `novalite init` writes too."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import jsonschema
import pytest
from ruamel.yaml import YAML

from contract.layers import TOP
from novalite.spec.load import load_fleet

if TYPE_CHECKING:
    from pathlib import Path
from typing import Any

EXAMPLES = sorted(path for path in (TOP / "examples").iterdir() if path.is_dir())


def write_qcow2(path: Path, size_bytes: int = 64 * 1024 * 1024) -> None:
    """Write the header of an empty qcow2 file: images are not in git, and validation reads no more."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 3, 0, 0, 16, size_bytes, 0, 1, 196608, 65536, 1, 0, 0)
    header += struct.pack(">QQQII", 0, 0, 0, 4, 104)
    path.write_bytes(header.ljust(262144, b"\0"))


def read_yaml(path: Path) -> Any:
    """Return a file as YAML 1.2 (PyYAML would read a MAC as a number of minutes)."""
    return YAML(typ="safe", pure=True).load(path) or {}


def fleet_of(folder: Path) -> Path:
    """Return the fleet of an example: its folder `fleet`, or the file fleet.yml beside other files."""
    return folder / "fleet" if (folder / "fleet").is_dir() else folder / "fleet.yml"


def fleet_files(folder: Path) -> list[Path]:
    fleet = fleet_of(folder)
    return sorted(fleet.glob("*.yml")) if fleet.is_dir() else [fleet]


def copy_with_images(folder: Path, target: Path) -> Path:
    shutil.copytree(folder, target)
    for path in fleet_files(target):
        images = read_yaml(path).get("images") or {}
        for image in images.values():
            source = path.parent / image["source"]
            if "://" not in image["source"] and not source.exists():
                write_qcow2(source)
    return target


def test_there_are_examples() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_example_is_valid(folder: Path, tmp_path: Path) -> None:
    copied = copy_with_images(folder, tmp_path / folder.name)
    fleet, problems = load_fleet(fleet_of(copied))
    assert not problems
    assert fleet is not None
    assert fleet.instances


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_example_is_valid_for_an_editor(folder: Path) -> None:
    """The schema alone, as an editor uses it, has no complaint either."""
    schema = json.loads((TOP / "schemas" / "fleet.json").read_text(encoding="utf-8"))
    for path in fleet_files(folder):
        jsonschema.Draft202012Validator(schema).validate(read_yaml(path))


def test_what_init_writes_is_valid(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "novalite.cli.main", "init", str(tmp_path / "new")],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    fleet, problems = load_fleet(fleet_of(tmp_path / "new"))
    assert not problems
    assert fleet is not None
