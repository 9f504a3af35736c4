# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML text -> plain values, fast: events of the C parser, our own rules. Pure.

Where something stands is only asked when something is wrong, so values are read without their places; only the places
of the first two levels (sections, and the names in them) are kept. ``yaml_places`` reads a text again, with all places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.spec import ids
from novalite.spec.characters import find_bad_character, place_of_bad_character
from novalite.spec.scalars import plain_value
from novalite.spec.yaml_events import MarkedYAMLError, events, open_parser

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 64
MAX_NODES = 2_000_000  # after aliases are written out: what a reader of the values would meet
STANDARD_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq", "int", "float", "bool", "null"))

# Keys that no text can hold, for what waits for a value but is no key.
_LIST = "\0list"
_MERGE = "\0merge"


class Flaw(Exception):
    """A text that is not read further: id, what, and the 1-based place; ``other`` is a second place."""

    def __init__(self, flaw_id: str, message: str, line: int, column: int, length: int = 1, **more: Any) -> None:
        super().__init__(message)
        self.id, self.message, self.line, self.column, self.length = flaw_id, message, line, column, length
        self.help: str = more.get("help", "")
        self.other: tuple[int, int] | None = more.get("other")
        self.path: tuple[str, ...] = more.get("path", ())


@attrs.define(slots=True)
class _Open:
    """A mapping or list whose end was not met yet."""

    value: Any
    key: str | None  # the key that a value is awaited for
    anchor: str | None
    nodes: int  # count of nodes when it was opened
    mark: Any
    height: int = 1
    merges: list[Any] | None = None


@attrs.define(slots=True)
class _Anchor:
    value: Any
    nodes: int
    height: int


class _Reader:
    """One pass over the events of one text."""

    def __init__(self, text: str) -> None:
        self.parser = open_parser(text)
        self.root: Any = None
        self.documents = 0
        self.nodes = 0
        self.stack: list[_Open] = []
        self.top: _Open | None = None
        self.anchors: dict[str, _Anchor | None] = {}
        self.meaning: dict[str, Any] = {}
        self.flaws: list[Flaw] = []
        self.entries: dict[tuple[str, ...], tuple[int, int]] = {}
        self.handlers: dict[type, Callable[[Any], None]] = {
            events.ScalarEvent: self.scalar,
            events.MappingStartEvent: self.mapping,
            events.SequenceStartEvent: self.sequence,
            events.MappingEndEvent: self.mapping_end,
            events.SequenceEndEvent: self.close,
            events.AliasEvent: self.alias,
            events.DocumentStartEvent: self.document,
            events.DocumentEndEvent: lambda _: None,
            events.StreamStartEvent: lambda _: None,
        }

    def run(self) -> None:
        """Read to the end."""
        get, handlers, last = self.parser.get_event, self.handlers, events.StreamEndEvent
        while (event := get()).__class__ is not last:
            handlers[event.__class__](event)

    def document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            mark = event.start_mark
            help_text = "put it into a file of its own, or take the line --- away"
            raise Flaw(ids.NOT_YAML, "a second document in one file", mark.line + 1, mark.column + 1, 3, help=help_text)

    def scalar(self, event: Any) -> None:
        self.nodes += 1
        text = event.value
        style = event.style
        if style == '"' and (bad := find_bad_character(text)):
            raise flaw_at(event, ids.BAD_CHARACTER, f"{bad} in a text")
        top = self.top
        if top is not None and top.key is None:
            self.key(top, text, event)
            return
        value = text
        if event.tag is not None:
            value = tagged_value(event)
        elif not style:
            meaning = self.meaning
            try:
                value = meaning[text]
            except KeyError:
                value = meaning[text] = plain_value(text)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(value, 1, 0)
        if top is None:
            self.root = value
        elif top.key is _LIST:
            top.value.append(value)
        else:
            self.put(top, value, event)

    def key(self, top: _Open, text: str, event: Any) -> None:
        value = top.value
        if text in value:
            self.flaws.append(self.twice(text, event))
        if event.tag is not None:
            tagged_value(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(text, 1, 0)
        if text == "<<" and not event.style:
            top.key = _MERGE
            return
        top.key = text
        depth = len(self.stack)
        if depth <= 2 and text not in value:
            mark = event.start_mark
            path = (text,) if depth == 1 else (self.stack[0].key or "", text)
            self.entries[path] = (mark.line + 1, mark.column + 1)

    def twice(self, text: str, event: Any) -> Flaw:
        first = None
        if len(self.stack) <= 2:
            first = self.entries.get((text,) if len(self.stack) == 1 else (self.stack[0].key or "", text))
        path = [opened.key for opened in self.stack[:-1]]
        known = () if _LIST in path else (*path, text)
        return flaw_at(event, ids.DECLARED_TWICE, f'key "{text}" stands twice in one mapping', other=first, path=known)

    def put(self, top: _Open, value: Any, event: Any) -> None:
        """Give a value to the awaited key of a mapping."""
        key = top.key
        top.key = None
        if key is _MERGE:
            self.merge(top, value, event)
            return
        top.value[key] = value

    def merge(self, top: _Open, value: Any, event: Any) -> None:
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, dict) for part in parts):
            raise flaw_at(event, ids.BAD_ALIAS, "<< merges mappings, and this is none")
        top.merges = [*(top.merges or []), *parts]

    def mapping(self, event: Any) -> None:
        self.open({}, None, event)

    def sequence(self, event: Any) -> None:
        self.open([], _LIST, event)

    def open(self, value: Any, key: str | None, event: Any) -> None:
        self.nodes += 1
        top = self.top
        if top is not None and top.key is None:
            raise flaw_at(event, ids.WRONG_TYPE, "a mapping or list cannot be a key")
        if event.tag is not None and event.tag not in STANDARD_TAGS:
            raise flaw_tag(event)
        if len(self.stack) >= MAX_DEPTH:
            raise flaw_at(event, ids.TOO_DEEP, f"nested more than {MAX_DEPTH} levels deep")
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        if self.nodes > MAX_NODES:
            raise flaw_at(event, ids.TOO_LARGE, f"more than {MAX_NODES:,} values in one file")
        self.top = _Open(value, key, event.anchor, self.nodes, event.start_mark)
        self.stack.append(self.top)

    def mapping_end(self, event: Any) -> None:
        top = self.stack[-1]
        for part in top.merges or ():
            for key, value in part.items():
                top.value.setdefault(key, value)
            self.nodes += len(part)
        self.close(event)

    def close(self, _: Any) -> None:
        done = self.stack.pop()
        if done.anchor is not None:
            self.anchors[done.anchor] = _Anchor(done.value, self.nodes - done.nodes + 1, done.height)
        top = self.top = self.stack[-1] if self.stack else None
        if top is None:
            self.root = done.value
            return
        if done.height >= top.height:
            top.height = done.height + 1
        if top.key is _LIST:
            top.value.append(done.value)
        elif top.key is _MERGE:
            self.put(top, done.value, _At(done.mark))
        else:
            top.value[top.key] = done.value
            top.key = None

    def alias(self, event: Any) -> None:
        name, top = event.anchor, self.top
        anchor = self.anchors.get(name)
        if anchor is None:
            why = f"alias *{name} stands inside what it names" if name in self.anchors else f"no anchor &{name} before"
            raise flaw_at(event, ids.BAD_ALIAS, why)
        self.nodes += anchor.nodes
        if self.nodes > MAX_NODES:
            message = f"written out, the aliases of this file give more than {MAX_NODES:,} values"
            raise flaw_at(event, ids.ALIAS_BOMB, message)
        if len(self.stack) + anchor.height > MAX_DEPTH:
            raise flaw_at(event, ids.TOO_DEEP, f"nested more than {MAX_DEPTH} levels deep through aliases")
        if top is None or top.key is None:
            raise flaw_at(event, ids.BAD_ALIAS, "an alias cannot be a key")
        top.height = max(top.height, anchor.height + 1)
        if top.key is _LIST:
            top.value.append(anchor.value)
        else:
            self.put(top, anchor.value, event)


@attrs.frozen
class _At:
    start_mark: Any
    end_mark: Any = None


def flaw_at(event: Any, flaw_id: str, message: str, **more: Any) -> Flaw:
    """Return the flaw of what an event stands for."""
    start, end = event.start_mark, event.end_mark or event.start_mark
    length = end.column - start.column if end.line == start.line else 1
    return Flaw(flaw_id, message, start.line + 1, start.column + 1, max(length, 1), **more)


def flaw_tag(event: Any) -> Flaw:
    """Return the flaw of a tag that is none of YAML's own."""
    return flaw_at(event, ids.TAG, f"tag {event.tag} is not understood", help="write the value without a tag")


def tagged_value(event: Any) -> Any:
    """Return the value of a scalar with one of YAML's own tags; Flaw where the text does not fit the tag."""
    if event.tag not in STANDARD_TAGS:
        raise flaw_tag(event)
    name = event.tag.rpartition(":")[2]
    if name == "str":
        return event.value
    value = plain_value(event.value)
    wanted: type = {"int": int, "float": float, "bool": bool, "null": type(None)}.get(name, dict)
    if type(value) is int and wanted is float:
        return float(value)
    if type(value) is not wanted:
        raise flaw_at(event, ids.TAG, f'"{event.value[:40]}" is no {name}', help="write the value without a tag")
    return value


@attrs.frozen(slots=True)
class Values:
    """What a text says: its value, the places of sections and of the names in them, and what is wrong but readable."""

    value: Any
    entries: dict[tuple[str, ...], tuple[int, int]]
    flaws: list[Flaw]


def read_values(text: str) -> Values:
    """Return the values of a YAML text; Flaw where it is none, or not one that we read."""
    place = place_of_bad_character(text)
    if place is not None:
        character = text.split("\n")[place[0] - 1][place[1] - 1]
        raise Flaw(ids.BAD_CHARACTER, f"character U+{ord(character):04X} in the file", *place)
    reader = _Reader(text)
    try:
        reader.run()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"{error.problem or error.context}"
        raise Flaw(ids.NOT_YAML, f"not YAML: {message}", mark.line + 1, mark.column + 1) from None
    return Values(reader.root, reader.entries, reader.flaws)
