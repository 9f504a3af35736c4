# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written is what a guest reads: cloud-init reads with PyYAML."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from novalite.spec.characters import find_bad_character
from novalite.spec.cloud_config import Quoted, cloud_config

TEXTS = st.text(max_size=20).filter(lambda text: not find_bad_character(text))
WORDS = st.sampled_from(
    ["no", "yes", "0644", "12:30", "1e3", "null", "~", "", "- a", "a: b", "#x", "&a", "*a", "!t", "{{ x }}"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | WORDS
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=20
)


@given(st.dictionaries(TEXTS | WORDS, VALUES, max_size=5))
def test_a_guest_reads_what_was_declared(value: dict[str, Any]) -> None:
    content = cloud_config(value)
    assert content.startswith(b"#cloud-config\n")
    assert yaml.safe_load(content) == value


@given(st.dictionaries(TEXTS, SCALARS, max_size=5))
def test_the_order_of_keys_does_not_matter(value: dict[str, Any]) -> None:
    assert cloud_config(value) == cloud_config(dict(reversed(value.items())))


def test_a_secret_is_a_token_between_double_quotes() -> None:
    text = cloud_config({"password": Quoted("@token@"), "user": "@token@"})
    assert text == b"#cloud-config\npassword: \"@token@\"\nuser: '@token@'\n"


def test_what_must_be_ascii_is_escaped() -> None:
    text = cloud_config({"motd": "Grüße \U0001f600"}, ascii_only=True)
    assert text.isascii()
    assert yaml.safe_load(text) == {"motd": "Grüße \U0001f600"}
