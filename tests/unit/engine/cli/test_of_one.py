# SPDX-License-Identifier: GPL-3.0-or-later
"""cli/of_one.py: what is fetched from a host, and whereto."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from novalite.cli.of_one import fetch
from novalite.errors import NovaliteError

if TYPE_CHECKING:
    from pathlib import Path

UUID = "f7fdacdd-1086-5d4f-b61b-6442c6eceeb9"


@pytest.mark.parametrize(
    ("file", "target"),
    [
        ("/etc/shadow", "out"),
        ("images/../journal.jsonl", "out"),
        (f"instances/{UUID}/../../lock", "out"),
        ("journal.jsonl", "out"),
        (f"instances/{UUID}/dump-0001.kdump", "{{ lookup('pipe', 'id') }}"),
    ],
)
def test_only_files_of_ours_and_no_templates(tmp_path: Path, file: str, target: str) -> None:
    """Ansible takes what it is given for templates; what a host told must not become one."""
    with pytest.raises(NovaliteError, match="cannot fetch"):
        fetch(["nowhere.yml"], "kvm-1", file, tmp_path / target)
