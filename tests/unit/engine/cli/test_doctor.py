# SPDX-License-Identifier: GPL-3.0-or-later
"""doctor: whether user data is checked against cloud-init's own schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from novalite.cli.doctor import schema_check
from novalite.spec.seed.schema import VARIABLE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("content", "is_ok", "found"), [(None, True, "none: "), ("{}", True, "schema.json"), ("{", False, "schema.json: ")]
)
def test_the_schema_of_cloud_init(
    content: str | None, is_ok: bool, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "schema.json"
    path.write_text(content or "", encoding="utf-8")
    monkeypatch.setenv(VARIABLE, "none" if content is None else str(path))
    check = schema_check()
    assert check.ok is is_ok
    assert found in check.found
    assert check.ok or "none" in check.mend
