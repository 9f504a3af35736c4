# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators of extra specs: what the flavor says, what the host says, and whether they match (as in Nova)."""

from __future__ import annotations

import pytest

from novalite.model.extra_spec import OPERATORS, demand_from_text

# demand, value of the host, matches
ROWS = [
    ("true", "true", True),
    ("true", "True", False),
    ("", "", True),
    ("", "x", False),
    ("two words", "two words", True),
    ("two words", "two", False),
    ("unknown> 3", "unknown> 3", True),
    ("> 3", "4", False),  # no such operator: the text itself is meant
    ("= 2", "3", True),  # "=" means at least
    ("= 2", "2", True),
    ("= 2", "1", False),
    ("= 2", "2.0", True),
    ("== 2", "2.0", True),
    ("== 2", "3", False),
    ("== -1e3", "-1000", True),
    ("==2", "2", False),  # without a blank it is no operator
    ("!= 2", "3", True),
    ("!= 2", "2.0", False),
    (">= 3", "3", True),
    (">= 3", "10", True),  # as numbers, not as texts
    (">= 3", "2.99", False),
    ("<= 3", "3", True),
    ("<= 3", "3.01", False),
    (">= 3", "many", False),  # Nova ends the request
    (">= many", "3", False),  # Nova ends the request
    (">= nan", "3", False),
    ("!= nan", "3", True),
    (">= 3 9", "4", True),  # only the first word counts
    (">=", "4", False),
    ("  >=   3  ", "4", True),
    ("s== abc", "abc", True),
    ("s== abc", "abcd", False),
    ("s== 1", "1.0", False),
    ("s!= abc", "abd", True),
    ("s!= abc", "abc", False),
    ("s< b", "a", True),
    ("s< 2", "10", True),  # as texts
    ("s< b", "b", False),
    ("s<= b", "b", True),
    ("s<= b", "c", False),
    ("s> b", "c", True),
    ("s> b", "b", False),
    ("s>= b", "b", True),
    ("s>= b", "a", False),
    ("s==", "", False),
    ("<in> aes", "vmx aes sse", True),
    ("<in> aes", "vmx sse", False),
    ("<in> 2", "123", True),  # a part of the text, not of a list
    ("<in> a b", "a", True),
    ("<in>", "a", False),
    ("<all-in> aes mmx", "txt aes mmx", True),
    ("<all-in> aes mmx", "aes", False),
    ("<all-in> a", "cat", True),
    ("<all-in>", "a", False),
    ("<or> a <or> b", "b", True),
    ("<or> a <or> b", "a", True),
    ("<or> a <or> b", "c", False),
    ("<or> a <or> b", "<or>", False),
    ("<or> a b c", "c", True),  # what stands between is not looked at
    ("<or> a b c", "b", False),
    ("<or> 12", "12", True),
    ("<or> 12", "123", False),
    ("<or> a <or>", "a", True),
    ("<or>", "a", False),  # Nova ends the request
]


@pytest.mark.parametrize(("text", "value", "matches"), ROWS, ids=lambda value: repr(value))
def test_matches(text: str, value: str, matches: bool) -> None:
    assert demand_from_text(text).matches(value) is matches


def test_every_operator_has_rows_that_match_and_that_do_not() -> None:
    found = {name: {row[2] for row in ROWS if row[0].split()[:1] == [name]} for name in OPERATORS}
    assert all(answers == {True, False} for answers in found.values()), found


# demand, part of the fault (Nova would end the request), part of the doubt
FLAWS = [
    ("true", "", ""),
    (">= 3", "", ""),
    (">= three", "compares numbers", ""),
    ("= 3GiB", "compares numbers", ""),
    ("<or>", "nothing stands after", ""),
    ("<in>", "", "nothing stands after"),
    ("<= 3 4", "", "only the first word"),
    ("s== a b", "", "only the first word"),
    ("<all-in> a b", "", ""),
    ("<or> a <or> b", "", ""),
    ("<or> a b", "", "before every value"),
    ("<or> a <or>", "", "after the last"),
]


@pytest.mark.parametrize(("text", "fault", "doubt"), FLAWS)
def test_flaws(text: str, fault: str, doubt: str) -> None:
    demand = demand_from_text(text)
    assert (bool(demand.fault), bool(demand.doubt)) == (bool(fault), bool(doubt))
    assert fault in demand.fault
    assert doubt in demand.doubt
