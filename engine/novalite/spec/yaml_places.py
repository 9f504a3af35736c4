# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML text -> where everything stands; read only when something is wrong. Pure.

The text was read by ``yaml_values`` before, so nothing is checked here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.spec.yaml_events import events, open_parser

if TYPE_CHECKING:
    from collections.abc import Sequence

Place = tuple[int, int, int]  # 1-based line and column, length of what to underline


@attrs.define(slots=True)
class Node:
    """One value: its place, and the key places and values below it (list items are keyed by number)."""

    place: Place
    children: dict[str | int, tuple[Place, Node]] = attrs.field(factory=dict)
    is_list: bool = False
    merged: list[Node] = attrs.field(factory=list)


def place_of(event: Any) -> Place:
    """Return where an event stands."""
    start, end = event.start_mark, event.end_mark
    length = end.column - start.column if end.line == start.line else 1
    return start.line + 1, start.column + 1, max(length, 1)


class _Builder:
    def __init__(self) -> None:
        self.root: Node | None = None
        self.stack: list[Node] = []
        self.keys: list[tuple[str, Place, bool] | None] = []
        self.anchors: dict[str, Node] = {}

    def add(self, node: Node, anchor: str | None) -> None:
        if anchor is not None:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
            return
        top, key = self.stack[-1], self.keys[-1]
        if top.is_list:
            top.children[len(top.children)] = (node.place, node)
        elif key is not None:
            self.keys[-1] = None
            if key[2]:
                top.merged.extend([child for _, child in node.children.values()] if node.is_list else [node])
            else:
                top.children[key[0]] = (key[1], node)

    def scalar(self, event: Any) -> None:
        if self.stack and not self.stack[-1].is_list and self.keys[-1] is None:
            self.keys[-1] = (event.value, place_of(event), event.value == "<<" and not event.style)
            return
        self.add(Node(place_of(event)), event.anchor)

    def open(self, event: Any, is_list: bool) -> None:
        line, column, _ = place_of(event)
        node = Node((line, column, 1), is_list=is_list)
        self.add(node, event.anchor)
        self.stack.append(node)
        self.keys.append(None)

    def close(self) -> None:
        self.keys.pop()
        node = self.stack.pop()
        for part in node.merged:
            for key, child in part.children.items():
                node.children.setdefault(key, child)


def read_places(text: str) -> Node | None:
    """Return the tree of places of a text that ``read_values`` accepts; None for an empty one."""
    parser, builder = open_parser(text), _Builder()
    while (kind := (event := parser.get_event()).__class__) is not events.StreamEndEvent:
        if kind is events.ScalarEvent:
            builder.scalar(event)
        elif kind is events.AliasEvent:
            builder.add(builder.anchors[event.anchor], None)
        elif kind is events.MappingStartEvent or kind is events.SequenceStartEvent:
            builder.open(event, kind is events.SequenceStartEvent)
        elif kind is events.MappingEndEvent or kind is events.SequenceEndEvent:
            builder.close()
    return builder.root


def find_place(root: Node | None, path: Sequence[str | int], of_key: bool = False) -> Place:
    """Return where the value (or its key) at a path stands; of what is missing, the nearest thing around it."""
    if root is None:
        return 1, 1, 1
    place, node = root.place, root
    for step in path:
        found = node.children.get(step)
        if found is None:
            return place
        key_place, node = found
        # A block mapping or list begins below its key: point at the key, which says what it is.
        place = key_place if of_key or node.children else node.place
    return place
