# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shipped: the wheel installs and finds its files, the sdist builds, the collection builds for Galaxy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from contract.layers import COLLECTION, ENGINE, TOP

BUILD = "import sys, hatchling.build as build; print(getattr(build, 'build_' + sys.argv[1])(sys.argv[2]))"


def build(kind: str, target: Path, source: Path = TOP) -> Path:
    done = subprocess.run(
        [sys.executable, "-c", BUILD, kind, str(target)],
        cwd=source, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return target / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


def tracked(folder: Path) -> set[str]:
    """Return the files of a folder that git knows or would know, relative to it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."],
        cwd=folder, capture_output=True, text=True, check=False,
    ).stdout.split("\n")  # fmt: skip
    names = listed if any(listed) else [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    return {name for name in names if name and "__pycache__" not in name and (folder / name).is_file()}


def test_wheel_holds_engine_schemas_and_collection_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    collection = "ansible_collections/novalite/compute/"
    expected = {f"novalite/{name}" for name in tracked(ENGINE / "novalite")}
    expected |= {f"novalite/schemas/{path.name}" for path in (TOP / "schemas").glob("*")}
    expected |= {collection + name for name in tracked(COLLECTION) if not name.startswith("tests/")}
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert not [name for name in names if name.endswith("ansible_collections/__init__.py")]


def test_wheel_names_the_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    entry = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
    assert "novalite = novalite.cli.main:main" in archive.read(entry).decode()


PROGRAM = """
import json, sys
from novalite import __version__
from novalite.resources import collection_path, collections_root, schema_text
from novalite.shared import arguments
json.dump({
    "version": __version__, "schema": json.loads(schema_text("fleet"))["title"], "root": str(collections_root()),
    "steps": (collection_path() / "plugins" / "modules" / "steps.py").is_file(),
    "playbook": (collection_path() / "playbooks" / "apply.yml").is_file(), "arguments": arguments.__file__,
}, sys.stdout)
"""


def test_wheel_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    """No dependency, no checkout: what a package brings is found where it was installed."""
    place = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "install", "-q", "--no-deps",
         "--no-index", str(wheel)],
        check=True, env=environment, cwd=tmp_path,
    )  # fmt: skip
    done = subprocess.run(
        [str(place / "bin" / "python"), "-I", "-c", PROGRAM],
        capture_output=True, text=True, check=False, env=environment, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert Path(said["root"]).is_relative_to(place)
    assert Path(said["arguments"]).is_relative_to(said["root"])
    assert said["steps"]
    assert said["playbook"]
    assert "novalite" in said["schema"]
    version = subprocess.run(
        [str(place / "bin" / "novalite"), "--version"],
        capture_output=True, text=True, check=False, env=environment, cwd=tmp_path,
    )  # fmt: skip
    assert version.stdout == f"novalite {said['version']}\n", version.stderr


def test_editable_finds_the_checkout() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, cwd=os.sep)
    assert done.returncode == 0, done.stderr
    assert Path(json.loads(done.stdout)["root"]) == TOP / "collections"


def test_sdist_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    sdist = build("sdist", tmp_path)
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
        assert not [name for name in names if "/.dev/" in name or "/tests/output/" in name or "__pycache__" in name]
        assert not [
            member.name for member in archive.getmembers() if member.issym() and member.linkname.startswith("/")
        ]
        # Debian 12 has Python 3.11.2, which knows no filters; the archive is our own.
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(tmp_path / "source", **safely)  # type: ignore[arg-type]
    (source,) = (tmp_path / "source").iterdir()
    again = build("wheel", tmp_path / "again", source)
    assert set(zipfile.ZipFile(again).namelist()) == set(zipfile.ZipFile(wheel).namelist())


def test_versions_agree() -> None:
    import tomllib

    import yaml

    from novalite import __version__

    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))
    assert project["version"] == galaxy["version"] == __version__


def test_collection_builds_for_galaxy(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-galaxy")), "collection", "build", "--output-path", str(tmp_path)],
        cwd=COLLECTION, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = archive.getnames()
    assert {"plugins/modules/steps.py", "plugins/inventory/instances.py", "playbooks/apply.yml"} <= set(names)
    assert not [name for name in names if name.startswith("tests/output")]
