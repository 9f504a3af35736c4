# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller with a fleet folder and the guest images, in front of a clean lab."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from integration.command import Controller

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def controller(lab: Any, tmp_path: Path) -> Iterator[Controller]:
    lab.clean()
    made = Controller(tmp_path, Path(lab.inventory))
    images = made.fleet / "images"
    images.mkdir()
    for name in ("tiny.qcow2", "bootsector.qcow2", "bootsector-heartbeat.qcow2"):
        shutil.copyfile(os.path.realpath(CHECKOUT / ".dev" / "images" / name), images / name)
    yield made
    lab.clean()
