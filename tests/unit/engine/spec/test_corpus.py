# SPDX-License-Identifier: GPL-3.0-or-later
"""Every bad fleet of tests/corpus gives exactly the problems that stand beside it, at their places."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from novalite.problem_ids import CATALOGUE
from novalite.spec import ids
from novalite.spec.load import load_fleet
from novalite.spec.read import MAX_FILE_BYTES
from told import compare_told

BAD = Path(__file__).parents[3] / "corpus" / "bad"
CASES = sorted(path for path in BAD.iterdir() if path.suffix == ".yml" or path.name.startswith("folder_"))
CASES = [path for path in CASES if path.suffix != ".expect"]


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_bad_fleet_is_told_exactly(case: Path, update_golden: bool) -> None:
    fleet, problems = load_fleet(case)
    compare_told(problems, case, update_golden)
    assert problems
    assert (fleet is None) == any(problem.severity == "error" for problem in problems)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_no_message_holds_what_a_terminal_obeys(case: Path) -> None:
    _, problems = load_fleet(case)
    for problem in problems:
        assert problem.summary.isprintable()
        assert problem.help.isprintable()


def test_the_corpus_is_large_enough() -> None:
    assert len(CASES) >= 60


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "fleet.yml"
    path.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    fleet, [problem] = load_fleet(path)
    assert fleet is None
    assert problem.id == ids.TOO_LARGE


def test_a_file_with_too_many_values(tmp_path: Path) -> None:
    path = tmp_path / "fleet.yml"
    path.write_text("a: [" + "[]," * 2_100_000 + "]", encoding="utf-8")
    _, [problem] = load_fleet(path)
    assert problem.id == ids.TOO_LARGE


def test_every_id_of_a_fleet_has_a_case() -> None:
    told = {
        match
        for path in (*BAD.glob("*.expect"), *BAD.parent.glob("seeds/*.expect"))
        for match in re.findall(r"NV\d{4}", path.read_text(encoding="utf-8"))
    }
    known = {value for name, value in vars(ids).items() if name.isupper()}
    # The first is made by the tests above (too large to keep), the other by those of test_seed.py.
    assert known - told == {ids.TOO_LARGE, ids.CLOUD_INIT_SCHEMA}
    of_values = {"NV0181", "NV0183", "NV0184"}  # of secrets: a fleet never reads them
    assert {key for key in CATALOGUE if key >= "NV0010"} == known | of_values


def test_every_explanation_is_a_title_and_a_text() -> None:
    for key, (title, text) in CATALOGUE.items():
        assert re.fullmatch(r"NV\d{4}", key)
        assert title
        assert text.endswith(".")
