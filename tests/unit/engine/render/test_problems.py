# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import attrs

from novalite.problem import Problem, Where
from novalite.render.problems import counts_text, printable, problems_document, problems_sarif, problems_text

UNKNOWN = Problem(
    "NV0012",
    'unknown key "flavour" (did you mean "flavor"?)',
    Where("fleet/web.yml", 14, 5, 7),
    pointer="/instances/web/flavour",
    snippet=((13, "  web:"), (14, "    flavour: small")),
)
TWICE = Problem(
    "NV0016",
    '"web" is declared twice',
    Where("fleet/web.yml", 3, 1, 3),
    help="take one away",
    related=(("first here", Where("fleet/a.yml", 9, 3, 3)),),
)
WARNING = Problem("NV0047", "no effect", severity="warning")


def test_an_error_points_at_the_line() -> None:
    assert problems_text([UNKNOWN, TWICE]) == (
        'error[NV0012]: unknown key "flavour" (did you mean "flavor"?)\n'
        "  --> fleet/web.yml:14:5\n"
        "13 |   web:\n"
        "14 |     flavour: small\n"
        "   |     ^^^^^^^\n"
        'error[NV0016]: "web" is declared twice\n'
        " --> fleet/web.yml:3:1\n"
        "  = first here: fleet/a.yml:9:3\n"
        "  = help: take one away\n"
        "2 errors; nothing was contacted"
    )


def test_counts() -> None:
    assert counts_text([]) == "no problems"
    assert counts_text([WARNING]) == "1 warning"
    assert counts_text([UNKNOWN, WARNING, WARNING]) == "1 error, 2 warnings; nothing was contacted"
    assert counts_text([UNKNOWN], contacted=True) == "1 error"


def test_a_problem_without_a_place() -> None:
    assert problems_text([WARNING]) == "warning[NV0047]: no effect\n1 warning"


def caret_line(text: str, column: int, length: int) -> str:
    problem = attrs.evolve(UNKNOWN, where=Where("f", 1, column, length), snippet=((1, text),))
    return problems_text([problem]).splitlines()[3]


def test_a_detail_of_several_lines() -> None:
    text = problems_text([Problem("NV0301", "no valid host", detail="1 refused by A\n2 refused by B\x1b[2J")])
    assert text.startswith("error[NV0301]: no valid host\n  = 1 refused by A\n  = 2 refused by B\\x1b[2J\n1 error")


def test_carets_stand_under_wide_characters() -> None:
    assert caret_line("\u65e5\u672c: x", 5, 1) == "  |" + " " * 7 + "^"
    assert caret_line("\U0001f600: x", 1, 1) == "  | ^^"
    assert caret_line("e\u0301: x", 5, 1) == "  |" + " " * 4 + "^"
    assert caret_line("\ta", 2, 1) == "  |" + " " * 5 + "^"


def test_a_caret_beyond_a_long_line_is_left_out() -> None:
    problem = attrs.evolve(UNKNOWN, where=Where("f", 1, 5000, 3), snippet=((1, "x" * 6000),))
    lines = problems_text([problem]).splitlines()
    assert max(map(len, lines)) < 200
    assert not any("^" in line for line in lines)


def test_what_a_terminal_would_obey_is_escaped() -> None:
    problem = Problem("NV0014", "bad \x1b[31m", Where("a\x07.yml"), snippet=((1, "x: \x1b]0;t\x07\u202e"),))
    text = problems_text([problem])
    assert all(line.isprintable() for line in text.splitlines())
    assert "\\x1b[31m" in text
    assert "\\u202e" in text
    assert printable("a\tb") == "a\\x09b"


def test_colours_only_when_asked() -> None:
    assert "\x1b[" not in problems_text([UNKNOWN])
    assert "\x1b[1;31merror[NV0012]\x1b[0m" in problems_text([UNKNOWN], colour=True)


def test_json_for_programs() -> None:
    [first, second] = json.loads(json.dumps(problems_document([UNKNOWN, TWICE])))
    assert first["where"] == {"file": "fleet/web.yml", "line": 14, "column": 5, "length": 7}
    assert first["pointer"] == "/instances/web/flavour"
    assert second["related"] == [
        {"label": "first here", "where": {"file": "fleet/a.yml", "line": 9, "column": 3, "length": 3}}
    ]
    assert problems_document([WARNING])[0]["where"] is None


def test_sarif_for_code_review() -> None:
    document = json.loads(json.dumps(problems_sarif([UNKNOWN, TWICE, WARNING, UNKNOWN], version="1.0")))
    assert document["version"] == "2.1.0"
    [run] = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["NV0012", "NV0016", "NV0047"]
    assert [result["level"] for result in run["results"]] == ["error", "error", "warning", "error"]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    location = run["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "fleet/web.yml"
    assert location["region"] == {"startLine": 14, "startColumn": 5, "endLine": 14, "endColumn": 12}
    assert "locations" not in run["results"][2]


def test_paths_in_sarif_are_uris() -> None:
    problem = Problem("NV0010", "x", Where("/tmp/my fleet/a.yml"))
    result = problems_sarif([problem])["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///tmp/my%20fleet/a.yml"
