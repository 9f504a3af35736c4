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
SLOW = ("test_guest_init.py", "test_crash.py", "test_actions.py", "test_verbs.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: at the end one process would wait for another."""
    items.sort(key=lambda item: SLOW.index(item.path.name) if item.path.name in SLOW else len(SLOW))


@pytest.fixture
def controller(lab: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    lab.clean()
    folder = tmp_path_factory.mktemp("c")  # short: SSH puts a socket below it, whose path ends at 107 bytes
    made = Controller(folder, Path(lab.inventory))
    images = made.fleet / "images"
    images.mkdir()
    for name in ("tiny.qcow2", "bootsector.qcow2", "bootsector-heartbeat.qcow2"):
        shutil.copyfile(os.path.realpath(CHECKOUT / ".dev" / "images" / name), images / name)
    yield made
    lab.clean()
