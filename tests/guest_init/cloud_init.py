# SPDX-License-Identifier: GPL-3.0-or-later
"""The real cloud-init, in all versions that the distribution's archive has: unpacked in .dev, never installed.

On Debian these are those of three releases. Python packages that it imports come from the same archive.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.clock import clean_environment

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / ".dev" / "cloud-init"
SUITES = ("bullseye", "bookworm", "trixie")
NEEDS = ("configobj", "six", "requests", "urllib3", "chardet", "idna", "certifi")
_PACKAGES = Path("usr/lib/python3/dist-packages")


def releases() -> dict[str, Path]:
    """Return version -> where its Python packages are. Fetches them once. Raises: CalledProcessError."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (FOLDER / "complete").exists():
            _fetch()
            (FOLDER / "complete").touch()
    found = {folder.name: folder / _PACKAGES for folder in sorted((FOLDER / "releases").iterdir())}
    assert found
    return found


def ask(release: Path, questions: dict[str, Any], driver: str = "cloud_init_driver.py") -> Any:
    """Run a driver with one version of cloud-init. Raises: RuntimeError with what it said."""
    path = f"{release}:{FOLDER / 'needs' / _PACKAGES}"
    done = subprocess.run(
        [sys.executable, str(HERE / driver)],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=False,
        env={**clean_environment(), "PYTHONPATH": path},
        timeout=120,
    )
    if done.returncode:
        msg = f"{release}: ended with {done.returncode}: {done.stderr[-3000:]}"
        raise RuntimeError(msg)
    return json.loads(done.stdout)


def _fetch() -> None:
    """Ask apt, with lists of its own beside those of the system."""
    work = FOLDER / "work"
    shutil.rmtree(work, ignore_errors=True)
    for part in ("lists/partial", "cache/archives/partial", "debs"):
        (work / part).mkdir(parents=True)
    options = _own_lists(work) if is_debian() else []
    _apt([*options, "update"], work)
    known = _apt([*options, "madison", "cloud-init"], work, program="apt-cache")
    for version in sorted({line.split("|")[1].strip() for line in known.splitlines() if "Packages" in line}):
        _apt([*options, "download", f"cloud-init={version}"], work / "debs")
        name = re.sub(r"-.*", "", version)
        _unpack(next((work / "debs").glob("*.deb")), FOLDER / "releases" / name)
    for name in NEEDS:
        _apt(["download", f"python3-{name}"], work / "debs")
        _unpack(next((work / "debs").glob("*.deb")), FOLDER / "needs")
    shutil.rmtree(work)


def is_debian() -> bool:
    return "\nID=debian\n" in "\n" + Path("/etc/os-release").read_text(encoding="utf-8")


def _own_lists(work: Path) -> list[str]:
    """Return apt's options for the archive that this machine uses, with more of its releases."""
    said = _apt(["indextargets", "--format", "$(REPO_URI) $(COMPONENT) $(CODENAME)", "Created-By: Packages"], work)
    archive = next(line.split()[0] for line in said.splitlines() if re.fullmatch(r"\S+ main [a-z]+", line))
    lines = "".join(f"deb {archive} {suite} main\n" for suite in SUITES)
    (work / "sources.list").write_text(lines)
    said_of = {
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": work / "lists",
        "Dir::Cache": work / "cache",
        "Acquire::Languages": "none",
    }
    return [word for key, value in said_of.items() for word in ("-o", f"{key}={value}")]


def _apt(arguments: list[str], folder: Path, program: str = "apt-get") -> str:
    words = [program, "-q", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root", *arguments]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True, timeout=180)
    return done.stdout


def _unpack(package: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    subprocess.run(["dpkg-deb", "-x", str(package), str(target)], check=True, timeout=60)
    package.unlink()
