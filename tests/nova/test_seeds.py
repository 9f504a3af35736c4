# SPDX-License-Identifier: GPL-3.0-or-later
"""Config drives held against Nova's own code: every file of every version, in meaning and in bytes."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from nova.ask import ask_once
from nova.seed_case import to_json
from nova.seed_differences import DIFFERENCES, NOTHING, Found

from guest_init.seed_cases import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from guest_init.seed_cases import Case

Trees = dict[str, tuple[dict[str, bytes], dict[str, bytes]]]  # case -> Nova's and ours
_VERSION = re.compile(r"(openstack|ec2)/([^/]+)/(?=[^/]+$)")


@pytest.fixture(scope="session")
def trees(common_folder: Path) -> Trees:
    questions = {"instances": [to_json(case) for case in CASES]}
    drives = ask_once(common_folder, "seed_driver.py", questions)["drives"]
    return {
        case.name: ({path: base64.b64decode(data) for path, data in drive.items()}, case.tree)
        for case, drive in zip(CASES, drives, strict=True)
    }


def differing(case: Case, theirs: dict[str, bytes], ours: dict[str, bytes]) -> Iterator[Found]:
    """Yield each value that is not the same."""
    for path in sorted(theirs.keys() | ours.keys()):
        name = path.rpartition("/")[2]
        if path not in theirs or path not in ours:
            yield Found(case, name, theirs.get(path, NOTHING), ours.get(path, NOTHING))
        elif name.endswith(".json"):
            one, other = (flat(json.loads(tree[path])) for tree in (theirs, ours))
            for key in one.keys() | other.keys():
                if one.get(key, NOTHING) != other.get(key, NOTHING):
                    yield Found(case, f"{name}:{key}", one.get(key, NOTHING), other.get(key, NOTHING))
        elif theirs[path] != ours[path]:
            yield Found(case, path, theirs[path], ours[path])


def flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return a document's leaves by where they are; what is empty is a leaf too."""
    if not isinstance(value, dict | list) or not value:
        return {prefix: value} if prefix else {}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return {key: leaf for name, inner in items for key, leaf in flat(inner, f"{prefix}.{name}".lstrip(".")).items()}


def explained(found: Found) -> bool:
    return any(row.explains(found) for row in DIFFERENCES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_difference_is_listed(case, trees):
    wrong = [found for found in differing(case, *trees[case.name]) if not explained(found)]
    assert not wrong, "\n".join(f"{found.where}: Nova {found.nova!r}, ours {found.ours!r}" for found in wrong)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_means_the_same_has_the_same_bytes(case, trees):
    theirs, ours = trees[case.name]
    for path in theirs.keys() & ours.keys():
        if "random_seed" in path or path.endswith("meta_data.json"):
            their_seed, our_seed = (json.loads(tree[path]).get("random_seed", "") for tree in (theirs, ours))
            theirs = theirs | {path: theirs[path].replace(their_seed.encode(), our_seed.encode())}
        if not path.endswith(".json") or json.loads(theirs[path]) == json.loads(ours[path]):
            assert theirs[path] == ours[path], path


def test_every_row_of_the_table_is_needed(trees):
    seen = [found for case in CASES for found in differing(case, *trees[case.name])]
    stale = [row.where for row in DIFFERENCES if not any(row.explains(found) for found in seen)]
    assert not stale


def test_each_version_has_what_nova_has_in_it(trees):
    for name, (theirs, ours) in trees.items():
        poorer = {_VERSION.match(path).group(2) for path in theirs.keys() - ours.keys()}
        assert not poorer or not next(case for case in CASES if case.name == name).spec["ports"], (name, poorer)
