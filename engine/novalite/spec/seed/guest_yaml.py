# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of a cloud-config as its guest reads it: PyYAML, YAML 1.1, with the place of every value. Pure.

Source: cloudinit/safeyaml.py, cloudinit/util.py (load_yaml: what cannot be read is a warning in a log, no more).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.spec import ids
from novalite.spec.seed.finding import Finding
from novalite.spec.suggest import shown
from novalite.spec.yaml_events import events, open_parser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from novalite.spec.sources import Path

MOST_VALUES = 200_000  # with aliases written out: of more, nobody but an attacker writes a cloud-config
DEEPEST = 64
_TAB = "a tab where YAML wants spaces"


@attrs.frozen(slots=True)
class Read:
    """What a guest makes of a text: the value, the tree it is made of, and what is wrong with the text."""

    value: Any
    node: Any
    findings: tuple[Finding, ...] = ()

    def placed(self, finding: Finding) -> Finding:
        """Return a finding that has a path with the line and column of it."""
        if finding.line or self.node is None:
            return finding
        line, column = place_in(self.node, finding.path, finding.of_key)
        return attrs.evolve(finding, line=line, column=column)


def read_guest_yaml(text: str) -> Read:
    """Return what PyYAML makes of a text."""
    import yaml

    try:
        if _depth(text) > DEEPEST:
            return Read(None, None, (Finding(ids.GUEST_YAML, f"nested more than {DEEPEST} levels deep", line=1),))
        loader = yaml.CSafeLoader(text)
        node = loader.get_single_node()
        findings = tuple(_doubled(node)) if node is not None else ()
        if node is not None and _values(node, {}) > MOST_VALUES:
            return Read(None, node, (Finding(ids.GUEST_YAML, "more values than any guest needs (aliases)", line=1),))
        value = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        return Read(None, None, (_broken(error, text),))
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError):
        summary = "the guest cannot read this as YAML: a date, number or character that there is not"
        return Read(None, None, (Finding(ids.GUEST_YAML, summary, line=1),))
    return Read(value, node, findings)


def _depth(text: str) -> int:
    """Return how deep values are nested: libyaml's composer calls itself for each level, until the stack ends."""
    deepest = depth = 0
    parser = open_parser(text)
    while (kind := parser.get_event().__class__) is not events.StreamEndEvent:
        if kind in (events.MappingStartEvent, events.SequenceStartEvent):
            depth += 1
            deepest = max(deepest, depth)
            if deepest > DEEPEST:
                break
        elif kind in (events.MappingEndEvent, events.SequenceEndEvent):
            depth -= 1
    return deepest


def _broken(error: Any, text: str) -> Finding:
    mark = error.problem_mark or error.context_mark
    line, column = (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
    lines = text.splitlines()
    here = lines[line - 1] if line <= len(lines) else ""
    before = here[: len(here) - len(here.lstrip())]
    if "\t" in before or here[column - 1 : column] == "\t":
        return Finding(ids.GUEST_YAML, _TAB, line=line, column=column, help="indent with spaces")
    said = shown(error.problem or error.context or "not YAML")
    return Finding(ids.GUEST_YAML, f"the guest cannot read this as YAML: {said}", line=line, column=column)


def _doubled(node: Any) -> Iterator[Finding]:
    """Yield every key that stands twice in its mapping: PyYAML keeps the last and says nothing."""
    done: set[int] = set()
    todo = [node]
    while todo:
        node = todo.pop()
        if id(node) in done or node.id == "scalar":
            continue
        done.add(id(node))
        if node.id == "sequence":
            todo += node.value
            continue
        first: dict[str, int] = {}
        for key, value in node.value:
            todo.append(value)
            name = str(key.value) if key.id == "scalar" else ""
            line, column = key.start_mark.line + 1, key.start_mark.column + 1
            if name in first and name != "<<":
                summary = (
                    f'"{shown(name)}" stands twice (first in line {first[name]}); the guest keeps the last one only'
                )
                yield Finding(ids.GUEST_YAML, summary, line=line, column=column)
            first.setdefault(name, line)


def _values(node: Any, known: dict[int, int]) -> int:
    """Return how many values there are with aliases written out."""
    if node.id == "scalar":
        return 1
    if id(node) not in known:
        known[id(node)] = MOST_VALUES + 1  # met again inside of itself: without end
        children = node.value if node.id == "sequence" else [part for pair in node.value for part in pair]
        known[id(node)] = 1 + sum(_values(child, known) for child in children)
    return known[id(node)]


def place_in(node: Any, path: Path, of_key: bool) -> tuple[int, int]:
    """Return line and column of the value (or key) at a path; of what is missing, of what is around it."""
    mark = node.start_mark
    for step in path:
        found = _child(node, step)
        if found is None:
            break
        key, node = found
        # A block below its key is shown at the key, which says what it is.
        at_key = of_key or node.start_mark.line != key.start_mark.line
        mark = key.start_mark if at_key else node.start_mark
    return mark.line + 1, mark.column + 1


def _child(node: Any, step: str | int) -> tuple[Any, Any] | None:
    if node.id == "sequence" and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    if node.id == "mapping":
        pairs = [(key, value) for key, value in node.value if key.id == "scalar" and key.value == str(step)]
        return pairs[-1] if pairs else None
    return None
