# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/metadata_program.py: the files of the metadata service on a host."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

from ansible_collections.novalite.compute.plugins.module_utils import metadata_program, metadata_service

SOURCE = Path(metadata_service.__file__).parent


def ensure(folder, state="present", check=False):
    return metadata_program.ensure({"folder": str(folder), "state": state}, check).changed


def test_every_file_of_it_is_listed():
    assert sorted(metadata_program.FILES) == sorted(path.name for path in SOURCE.glob("*.py"))


def test_it_is_written_once_and_runs(tmp_path):
    to = tmp_path / "lib" / "metadata_service"
    assert ensure(tmp_path / "lib", check=True)
    assert not to.exists()
    assert ensure(tmp_path / "lib")
    assert not ensure(tmp_path / "lib")
    assert {path.name: path.read_bytes() for path in to.iterdir()} == {
        path.name: path.read_bytes() for path in SOURCE.glob("*.py")
    }
    assert stat.S_IMODE((to / "guard.py").stat().st_mode) == 0o644
    words = [sys.executable, "-EsB", "-m", "metadata_service", "--help"]
    assert (
        "--state-dir" in subprocess.run(words, cwd=tmp_path / "lib", capture_output=True, text=True, check=True).stdout
    )


def test_another_version_is_replaced_and_absent_is_gone(tmp_path):
    assert not ensure(tmp_path, "absent")
    ensure(tmp_path)
    to = tmp_path / "metadata_service"
    (to / "old.py").write_text("x")
    (to / "guard.py").write_text("x")
    assert ensure(tmp_path)
    assert not (to / "old.py").exists()
    assert (to / "guard.py").read_bytes() == (SOURCE / "guard.py").read_bytes()
    assert ensure(tmp_path, "absent", check=True)
    assert ensure(tmp_path, "absent")
    assert not to.exists()
