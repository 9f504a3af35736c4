# SPDX-License-Identifier: GPL-3.0-or-later
"""Values in the place of tokens: whatever they hold, what reads the content reads exactly them."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.novalite.compute.plugins.module_utils.seed_secrets import (
    JSON,
    RAW,
    YAML,
    fill,
    kind_of,
    tokens_in,
)

ONE, OTHER = "@novalite-secret-0123456789ab@", "@novalite-secret-ffffffffffff@"
CONTENT = f'a: "{ONE}"\nb: ["{OTHER}", text]\n'.encode()
AWKWARD = [
    "plain", 'q" and \' and \\', "two\nlines\n", "\r\n\t\0\x07\x1b\x7f\x85\x9f", "Grüße \U0001f600 \u2028\ufeff\uffff",
    "{{ lookup('pipe', 'id') }} {% x %}", "yes", "0123", "null", "- a: &b *b !!python/object:x # no", "  blanks  ",
    '", "evil": "', "%YAML 1.1\n---\n...", OTHER, "$(id) `id` ${HOME}",
]  # fmt: skip


@pytest.mark.parametrize("value", AWKWARD)
def test_awkward_values(value: str) -> None:
    filled = fill(CONTENT, {ONE: value})
    assert filled.isascii()
    assert filled.count(b"\n") == CONTENT.count(b"\n")
    assert yaml.safe_load(filled) == {"a": value, "b": [OTHER, "text"]}
    document = json.dumps({"a": ONE, "b": [OTHER]}).encode()
    assert json.loads(fill(document, {ONE: value}, JSON)) == {"a": value, "b": [OTHER]}
    assert fill(f"x{ONE}y".encode(), {ONE: value}, RAW) == f"x{value}y".encode()


@given(st.text(), st.text())
def test_any_values(one: str, other: str) -> None:
    assert yaml.safe_load(fill(CONTENT, {ONE: one, OTHER: other})) == {"a": one, "b": [other, "text"]}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (ONE, RAW),
        (f'{{"a": "{ONE}"}}', JSON),
        (f"\n {{}}{ONE}", JSON),
        (f'#cloud-config\na: "{ONE}"\n', YAML),
        ("", YAML),
    ],
)
def test_how_tokens_stand_in_user_data(content: str, kind: str) -> None:
    assert kind_of(content.encode()) == kind


@pytest.mark.parametrize("kind", [YAML, JSON, RAW])
def test_what_is_no_token_of_ours_stays(kind: str) -> None:
    content = b"\xff@novalite-secret-xyz@ @novalite-secret-0123456789a@ " + OTHER.encode()
    assert fill(content, {ONE: "value"}, kind) == content
    assert tokens_in(content) == [OTHER]
