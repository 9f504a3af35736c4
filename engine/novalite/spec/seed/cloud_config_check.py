# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloud-config as a value -> what is wrong with it. Pure."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from novalite.spec import ids
from novalite.spec.seed.cloud_keys import KEYS, LIST, MAPPING, NULL, NUMBER, OLD, OLD_INSIDE, TEXT, TRAPS, TRUTH
from novalite.spec.seed.finding import WARNING, Finding
from novalite.spec.seed.shapes import SHAPES
from novalite.spec.seed.traps import ACROSS
from novalite.spec.suggest import shown, surely_means

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def check_cloud_config(value: Any) -> Iterator[Finding]:
    """Yield what is wrong with a cloud-config, the keys in the order in which they are written."""
    if value is None or value == {}:
        yield Finding(
            ids.CLOUD_CONFIG_TRAP, "an empty cloud-config: it does nothing", severity=WARNING, help="take it away"
        )
        return
    if not isinstance(value, dict):
        yield Finding(
            ids.CLOUD_CONFIG_SHAPE, f"a cloud-config is a mapping, and {kind_name(value)} stands here", line=1
        )
        return
    for key, held in value.items():
        yield from _key(str(key), held)
    for rule in ACROSS:
        yield from rule(value)


def kind_name(value: object) -> str:
    """Return what a value is, in the words of the tables."""
    for kind, name in ((bool, TRUTH), (str, TEXT), ((int, float), NUMBER), (list, LIST), (dict, MAPPING)):
        if isinstance(value, kind):
            return name
    if isinstance(value, bytes):
        return "binary data"
    return "a date" if isinstance(value, datetime.date) else NULL


def _key(key: str, held: Any) -> Iterator[Finding]:
    if key in TRAPS:
        severity, text = TRAPS[key]
        yield Finding(
            ids.CLOUD_CONFIG_TRAP, f'"{key}" does nothing here: {text}', (key,), of_key=True, severity=severity
        )
        return
    if key in OLD:
        yield _old((key,), key, OLD[key][1], f" since cloud-init {OLD[key][0]}")
        return
    if key not in KEYS:
        yield _unknown(key)
        return
    module, wanted = KEYS[key]
    found = kind_name(held)
    if found not in wanted:
        summary = f'"{key}" takes {" or ".join(wanted)}, and {found} stands here ({module})'
        yield Finding(ids.CLOUD_CONFIG_SHAPE, summary, (key,), help=_hint(key, held, wanted))
        return
    yield from SHAPES.get(key, _nothing)(held, (key,))
    yield from _old_inside(key, held)


def _nothing(_held: Any, _path: tuple[str | int, ...]) -> Iterator[Finding]:
    yield from ()


def _hint(key: str, held: Any, wanted: tuple[str, ...]) -> str:
    if wanted == (TRUTH,) and isinstance(held, str):
        return "write true or false, without quotes"
    if LIST in wanted and isinstance(held, str):
        return f"write it as a list: [{shown(held)}]"
    if TEXT in wanted and isinstance(held, (bool, int, float)):
        return "quote it: guests read YAML 1.1, where yes, no, on and off are truth values"
    if held is None:
        return "nothing stands behind the colon; is what follows indented?"
    return f"see the documentation of cloud-init, module {KEYS[key][0]}"


def _unknown(key: str) -> Finding:
    near = surely_means(key, KEYS)
    if near:
        return Finding(ids.UNKNOWN_CLOUD_KEY, f'cloud-init knows no key "{shown(key)}"{near}', (key,), of_key=True)
    summary = f'cloud-init knows no key "{shown(key)}": it does nothing'
    return Finding(ids.UNKNOWN_CLOUD_KEY, summary, (key,), of_key=True, severity=WARNING)


def _old(path: tuple[str | int, ...], key: str, instead: str, since: str = "") -> Finding:
    summary = f'"{key}" is an old word{since}: {instead} takes its place'
    return Finding(ids.OLD_CLOUD_KEY, summary, path, of_key=True, severity=WARNING)


def _old_inside(key: str, held: Any) -> Iterator[Finding]:
    entries: list[tuple[tuple[str | int, ...], Mapping[str, Any]]] = []
    if isinstance(held, dict):
        entries = [((key,), held)]
    elif isinstance(held, list):
        entries = [((key, number), item) for number, item in enumerate(held) if isinstance(item, dict)]
    for path, entry in entries:
        for word in entry:
            instead = OLD_INSIDE.get((key, str(word)))
            if instead is not None:
                yield _old((*path, word), word, instead)
