# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novalite.spec import ids, yaml_values
from novalite.spec.scalars import plain_value
from novalite.spec.yaml_places import Node, find_place, read_places
from novalite.spec.yaml_values import MAX_DEPTH, Flaw, read_values


def flaw_of(text: str) -> Flaw:
    with pytest.raises(Flaw) as caught:
        read_values(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("0644", "0644"),
        ("52:54:00:12:34:56", "52:54:00:12:34:56"),
        ("12:30:45", "12:30:45"),
        ("2026-11-20", "2026-11-20"),
        ("1_000", "1_000"),
        ("1", 1),
        ("-1", -1),
        ("+1", 1),
        ("0", 0),
        ("0x1f", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        (".", "."),
        ("-", "-"),
        ("+.", "+."),
        (".e1", ".e1"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("9" * 19, "9" * 19),
        ("\u0661", "\u0661"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("=", "="),
        ("web-0", "web-0"),
    ],
)
def test_a_plain_scalar_means(text: str, value: object) -> None:
    meaning = plain_value(text)
    assert (type(meaning), meaning) == (type(value), value)


def test_quotes_and_tags_decide_the_type() -> None:
    text = "a: '1'\nb: \"true\"\nc: !!str 3\nd: !!float 3\ne: |\n  7\n"
    assert read_values(text).value == {"a": "1", "b": "true", "c": "3", "d": 3.0, "e": "7\n"}


def test_a_mac_and_a_url_in_brackets_are_texts() -> None:
    text = "[52:54:00:12:34:56, http://a/b?c=1, {mac: 52:54:00:aa:bb:cc}]"
    assert read_values(text).value == ["52:54:00:12:34:56", "http://a/b?c=1", {"mac": "52:54:00:aa:bb:cc"}]


def test_keys_are_texts() -> None:
    assert read_values("1: a\ntrue: b\n'': c\n").value == {"1": "a", "true": "b", "": "c"}


def test_merges_give_way_to_own_keys_and_to_earlier_merges() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 0\nd:\n  '<<': kept\n"
    value = read_values(text).value
    assert value["c"] == {"x": 0, "y": 1, "z": 2}
    assert value["d"] == {"<<": "kept"}


class Counted:
    """A parser that notes each event that was asked of it."""

    def __init__(self, parser: Any, met: list[object]) -> None:
        self.parser, self.met = parser, met

    def get_event(self) -> Any:
        self.met.append(1)
        return self.parser.get_event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.parser, name)


@pytest.fixture
def met(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the reader met before it refused: little, however long the text."""
    found: list[object] = []
    honest = yaml_values.open_parser
    monkeypatch.setattr(yaml_values, "open_parser", lambda text: Counted(honest(text), found))
    return found


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[{a: "])
def test_absurd_depth_is_refused_at_once(opening: str, met: list[object]) -> None:
    assert flaw_of(opening * 20_000).id == (ids.WRONG_TYPE if opening == "? " else ids.TOO_DEEP)
    assert len(met) < 3 * MAX_DEPTH


def test_block_mappings_nested_deeply_are_refused_at_once(met: list[object]) -> None:
    assert flaw_of("\n".join(" " * depth + "a:" for depth in range(2_000))).id == ids.TOO_DEEP
    assert len(met) < 3 * MAX_DEPTH


def test_depth_through_aliases_counts() -> None:
    text = "- &a0 [x]\n" + "".join(f"- &a{i} [*a{i - 1}]\n" for i in range(1, 20_000))
    assert flaw_of(text).id == ids.TOO_DEEP


def test_depth_just_allowed() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert json.dumps(read_values(text).value) == text


def test_an_alias_bomb_is_refused_at_once(met: list[object]) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    assert flaw_of("\n".join(lines)).id == ids.ALIAS_BOMB
    assert len(met) < 20 * len(lines)


def test_duplicate_keys_do_not_hide_each_other() -> None:
    values = read_values("s:\n  web: 1\n  web: 2\n  db: {x: 1, x: 2}\n")
    assert [(flaw.line, flaw.column, flaw.other) for flaw in values.flaws] == [(3, 3, (2, 3)), (4, 14, None)]


def test_the_places_of_names() -> None:
    values = read_values("# c\ninstances:\n  web: {}\n\n  db:\n    a: 1\nproject: x\n")
    assert values.entries == {
        ("instances",): (2, 1),
        ("instances", "web"): (3, 3),
        ("instances", "db"): (5, 3),
        ("project",): (7, 1),
    }


def test_places_of_values_keys_and_what_is_missing() -> None:
    root = read_places("a:\n  b: [x, {c: yy}]\n  d: &d {e: 1}\nf: *d\ng:\n  <<: *d\n")
    assert find_place(root, ("a", "b", 1, "c")) == (2, 14, 2)
    assert find_place(root, ("a", "b", 1, "c"), of_key=True) == (2, 11, 1)
    assert find_place(root, ("a", "nothing")) == (1, 1, 1)
    assert find_place(root, ("f", "e")) == (3, 13, 1)
    assert find_place(root, ("g", "e")) == (3, 13, 1)
    assert find_place(None, ("a",)) == (1, 1, 1)


TEXTS = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_characters="\x7f\u2028\u2029"), max_size=12
)
SCALARS = st.none() | st.booleans() | st.integers(-(10**17), 10**17) | TEXTS.filter(lambda text: text.isprintable())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter(str.isprintable), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_json_is_read_as_json_reads_it(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert read_values(text).value == value


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(below for step, inner in items for below in paths_of(inner, (*path, step)))]


def node_paths(node: Node, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    return [path, *(below for step, (_, inner) in node.children.items() for below in node_paths(inner, (*path, step)))]


@given(VALUES)
def test_everything_that_is_read_has_a_place(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    root = read_places(text)
    assert root is not None
    assert sorted(map(str, node_paths(root))) == sorted(map(str, paths_of(read_values(text).value)))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in text):
        return
    try:
        values = read_values(text)
    except Flaw as flaw:
        place = (flaw.line, flaw.column)
    else:
        place = (1, 1)
        json.dumps(values.value, allow_nan=False)
        assert values.value is None or read_places(text) is not None
    assert min(place) >= 1
