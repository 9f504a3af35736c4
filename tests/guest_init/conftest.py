# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder for what the processes of one test run share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def common_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The same for all workers of one run."""
    folder = tmp_path_factory.getbasetemp()
    return folder if worker_id == "master" else folder.parent
