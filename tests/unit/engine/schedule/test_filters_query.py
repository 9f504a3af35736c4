# SPDX-License-Identifier: GPL-3.0-or-later
"""The language of JsonFilter's hint: what is read, what is refused, and what it means of one host."""

from __future__ import annotations

import json
from typing import Any

import pytest

from novalite.model.query import MAX_DEPTH, QueryError, attributes_of, holds, query_from_text

HOST = {"free_ram_mb": 2048, "vcpus_used": 0, "host": "kvm-1", "up": True, "stats": {"rack": "r1", "deep": {"x": 1}}}

# query, what it says of the host above
ROWS: list[tuple[Any, bool]] = [
    ([], True),
    (["=", "$host", "kvm-1"], True),
    (["=", "$host", "kvm-1", "kvm-2"], False),  # the first against all others
    (["=", "$free_ram_mb", "2048"], False),  # a text is no number
    (["=", "$up", True], True),
    (["<", 1, 2, 3], True),
    (["<", 2, 1], False),
    ([">", "$free_ram_mb", 2047], True),
    ([">", "$free_ram_mb", 2048], False),
    (["<=", "$free_ram_mb", 2048], True),
    (["<=", "$free_ram_mb", 2047.5], False),
    ([">=", "$free_ram_mb", 2048], True),
    ([">=", "$free_ram_mb", 2049], False),
    (["in", "$host", "kvm-2", "kvm-1"], True),
    (["in", "$host", "kvm-2"], False),
    (["in", "kvm", "$host"], False),  # among the others, not a part of one
    (["and", ["=", 1, 1], [">", "$free_ram_mb", 1]], True),
    (["and", True, ["=", 1, 2]], False),
    (["or", ["=", 1, 2], [">", "$free_ram_mb", 1]], True),
    (["or", False, "$vcpus_used"], False),
    (["not", ["=", 1, 2]], True),
    (["not", ["=", 1, 1]], False),
    (["not", ["=", 1, 1], ["=", 1, 2]], True),  # any of them (as in Nova, outermost)
    (["and", ["not", ["=", 1, 1]]], False),  # Nova: true
    (["not", ["not", ["=", 1, 1]]], True),  # Nova: false
    (["=", "$stats.rack", "r1"], True),
    (["=", "$stats.deep.x", 1], True),
    (["=", "$stats.nope", "r1"], False),
    (["=", "$host.name", "kvm-1"], False),  # a text holds nothing
    (["<", "$nope", 3, 4], False),  # Nova: true
    (["=", "$nope", "$nope"], False),
    (["and", "$nope"], False),  # Nova: true
    (["not", "$nope"], False),
    (["<", "$host", 3], False),  # Nova ends the request
    (["<", "a", "b"], True),
    (["=", "", ""], False),  # an empty text is nothing, as in Nova
]


@pytest.mark.parametrize(("query", "means"), ROWS, ids=json.dumps)
def test_meaning(query: Any, means: bool) -> None:
    assert holds(query_from_text(json.dumps(query)), HOST) is means


def nested(depth: int) -> str:
    return '["not",' * depth + "true" + "]" * depth


# text, part of the message
REFUSED = [
    ("", "not JSON"),
    ("[", "not JSON"),
    ("[" * 100000, "not JSON"),
    ('"$host"', "a list"),
    ("{}", "a list"),
    ("3", "a list"),
    ('["==", 1, 1]', '"==" is no operator'),
    ("[[1], 1, 1]", "[1] is no operator"),
    ('["and", ["xor", 1, 1]]', '"xor" is no operator'),
    ('["=", 1]', "2 arguments or more, and has 1"),
    ('["in", "$host"]', "2 arguments or more"),
    ('["not"]', "1 argument or more, and has 0"),
    ('["=", 1, null]', "an argument is"),
    ('["=", 1, {"a": 1}]', "an argument is"),
    (nested(MAX_DEPTH + 2), "deeper than"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=lambda text: text[:40])
def test_refused(text: str, message: str) -> None:
    with pytest.raises(QueryError) as raised:
        query_from_text(text)
    assert message in str(raised.value)


def test_as_deep_as_it_may_be() -> None:
    assert holds(query_from_text(nested(MAX_DEPTH)), HOST) is True


def test_attributes_are_named_without_what_they_hold() -> None:
    query = query_from_text('["and", [">", "$free_ram_mb", 1], ["=", "$stats.rack", "$stats.x", "cost $5"]]')
    assert list(attributes_of(query)) == ["free_ram_mb", "stats", "stats"]
