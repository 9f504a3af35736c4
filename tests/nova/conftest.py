# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova's answers to all questions, asked once for the whole run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from nova import batches, themes
from nova.ask import ask_once

if TYPE_CHECKING:
    from pathlib import Path

PER_THEME = 150


@pytest.fixture(scope="session")
def common_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder if worker_id == "master" else folder.parent


@pytest.fixture(scope="session")
def cases() -> list[Any]:
    return [themes.case(theme, seed) for theme in themes.THEMES for seed in range(PER_THEME)]


@pytest.fixture(scope="session")
def placed_batches() -> list[tuple[batches.Batch, dict[str, str | None]]]:
    return [(made, made.decide()) for made in map(batches.batch, batches.OPTIONS)]


@pytest.fixture(scope="session")
def answers(common_folder: Path, cases: list[Any], placed_batches: list[Any]) -> dict[str, Any]:
    questions = {
        "singles": [case.to_json() for case in cases],
        "batches": [made.to_json(decided) for made, decided in placed_batches],
    }
    return ask_once(common_folder, "driver.py", questions)
