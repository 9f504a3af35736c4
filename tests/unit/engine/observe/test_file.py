# SPDX-License-Identifier: GPL-3.0-or-later
"""The snapshot file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builders import make_facts, make_foreign, make_instance, make_present, make_snapshot
from novalite.errors import SnapshotUnreadable
from novalite.observe.file import dump_snapshot, load_snapshot, snapshot_from_json, snapshot_to_json
from novalite.shared import names

if TYPE_CHECKING:
    from pathlib import Path


def test_round_trip_through_a_file(tmp_path: Path) -> None:
    """What was written is read again, and only its owner can read it."""
    odd = make_foreign("\ud800 is no letter, ä is", uuid=names.uuid_from_name("x", "y"))
    facts = make_facts("kvm-1", make_present(make_instance("web")), foreign=[odd])
    snapshot = make_snapshot(facts, unknown={"kvm-2": "unreachable"})
    path = tmp_path / "snapshot.json"
    dump_snapshot(snapshot, path)
    assert load_snapshot(path) == snapshot
    assert path.stat().st_mode & 0o077 == 0
    assert snapshot_to_json(load_snapshot(path)) == path.read_text()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"format": "novalite.snapshot/2", "hosts": {}}',
        '{"format": "novalite.plan/1", "hosts": {}}',
        '{"format": "novalite.snapshot/1", "hosts": []}',
        '{"format": "novalite.snapshot/1", "hosts": {"a": NaN}}',
        "[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_not_a_snapshot(text: str | bytes) -> None:
    """An error with a reason, never a traceback."""
    with pytest.raises(SnapshotUnreadable, match="not a snapshot"):
        snapshot_from_json(text)


def test_a_missing_file(tmp_path: Path) -> None:
    """The path is in the message."""
    with pytest.raises(SnapshotUnreadable, match=r"nowhere\.json"):
        load_snapshot(tmp_path / "nowhere.json")


def test_one_bad_host_is_unknown_and_the_others_are_read() -> None:
    """A newer minor of the file is read too."""
    text = '{"format": "novalite.snapshot/1.2", "hosts": {"a": {}}, "unknown": {"b": "unreachable"}, "more": 1}'
    assert list(snapshot_from_json(text).unknown) == ["a", "b"]
