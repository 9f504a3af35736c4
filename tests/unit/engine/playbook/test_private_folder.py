# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of runs: private, gone afterwards; those of killed runs go a day later, never one that is in use."""

from __future__ import annotations

import os
import stat
import tempfile
from typing import TYPE_CHECKING

import pytest

from novalite.private_folder import private_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_private_and_gone(top: Path) -> None:
    with private_folder("run") as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "secret").write_text("x")
    assert list(top.iterdir()) == []


def test_gone_where_the_run_failed(top: Path) -> None:
    with pytest.raises(KeyboardInterrupt), private_folder("run"):
        raise KeyboardInterrupt
    assert list(top.iterdir()) == []


def test_old_ones_go_unless_in_use(top: Path) -> None:
    (top / "novalite-run-left").mkdir()
    (top / "novalite-run-left" / "plan.json").write_text("x")
    (top / "novalite-run-young").mkdir()
    (top / "novalite-notes-old").write_text("a file, not a folder")
    os.utime(top / "novalite-run-left", (0, 0))
    os.utime(top / "novalite-notes-old", (0, 0))
    with private_folder("apply") as busy:
        os.utime(busy, (0, 0))  # a run that lasts longer than a day
        with private_folder("run") as inner:
            assert sorted(top.iterdir()) == sorted(
                [busy, inner, top / "novalite-notes-old", top / "novalite-run-young"]
            )
