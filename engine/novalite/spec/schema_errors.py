# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of a schema -> problems for people. Pure.

Of alternatives, the branch is chosen by what the user wrote (its type, its keys), not by how deep a validator got.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from novalite.spec import ids, not_yet, words
from novalite.spec.suggest import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from novalite.problem import Problem
    from novalite.spec.sources import Declared, Path


def _whole_match(_: Any, pattern: str, value: object, __: Any) -> Iterator[ValidationError]:
    """Match as the schema means it: Python's ``$`` would accept a trailing newline."""
    if isinstance(value, str) and not re.fullmatch(pattern.removeprefix("^").removesuffix("$"), value):
        yield ValidationError(f"does not match {pattern}")


@cache
def _validator_class() -> Any:
    return extend(Draft202012Validator, {"pattern": _whole_match})  # type: ignore[no-untyped-call]


def problems_of(declared: Declared, schema: Mapping[str, Any], value: object, base: Path) -> list[Problem]:
    """Return what a schema says against the value that stands at ``base``."""
    found: list[Problem] = []
    for error in _validator_class()(schema).iter_errors(value):
        _Told(declared, base, found).tell(error)
    return found


class _Told:
    """One run of telling: errors come in, problems gather in ``found``."""

    def __init__(self, declared: Declared, base: Path, found: list[Problem]) -> None:
        self.declared, self.base, self.found = declared, base, found
        self.tellers: dict[str, Callable[[Any, Path], None]] = {
            "additionalProperties": self.unknown_keys,
            "propertyNames": self.key_name,
            "required": self.missing,
            "type": self.wrong_type,
            "pattern": self.pattern,
            "enum": self.choice,
            "const": self.constant,
            "oneOf": self.alternatives,
        }

    def tell(self, error: Any, above: Path = ()) -> None:
        path = (*self.base, *above, *error.relative_path)
        if "propertyNames" in error.relative_schema_path and error.validator != "propertyNames":
            self.key_name(error, path)
            return
        self.tellers.get(str(error.validator), self.other)(error, path)

    def add(self, problem_id: str, summary: str, path: Path, **more: Any) -> None:
        self.found.append(self.declared.problem(problem_id, summary, path, **more))

    def unknown_keys(self, error: Any, path: Path) -> None:
        known = error.schema.get("properties", {})
        kind = words.kind_of(path)
        for key in error.instance:
            if key in known:
                continue
            hint = not_yet.KEYS.get((kind, key))
            if hint is not None:
                self.add(ids.NOT_YET, f'"{key}" is not yet in this version', (*path, key), of_key=True, help=hint)
                continue
            near = did_you_mean(key, known)
            summary = f'unknown key "{shown(key)}"{near}'
            help_text = "" if near else f"known here: {', '.join(sorted(known))}"
            self.add(ids.UNKNOWN_KEY, summary, (*path, key), of_key=True, help=help_text)

    def key_name(self, error: Any, path: Path) -> None:
        key = str(error.instance)
        kind = error.schema.get("x-novalite", "name")
        if kind == "key":
            self.add(ids.NOT_ALLOWED, f'"{shown(key)}" cannot be a key here', (*path, key), of_key=True)
        else:
            help_text = words.INTERFACE_HELP if kind == "interface" else words.NAME_HELP
            self.add(ids.BAD_NAME, words.name_message(key), (*path, key), of_key=True, help=help_text)

    def missing(self, error: Any, path: Path) -> None:
        for key in error.validator_value:
            if key not in error.instance:
                self.add(ids.MISSING_KEY, f'"{key}" is missing', path, of_key=True)

    def wrong_type(self, error: Any, path: Path) -> None:
        value, schema = error.instance, error.schema
        wanted = error.validator_value
        kind = schema.get("x-novalite", "")
        if kind == "quantity" and isinstance(value, (int, float)) and not isinstance(value, bool):
            self.add(ids.BAD_QUANTITY, *words.quantity_message(value, path))
        elif kind == "duration" and isinstance(value, int) and not isinstance(value, bool):
            self.add(ids.BAD_QUANTITY, f"{value} has no unit", path, help=f"write {value}s")
        elif kind == "text" and not isinstance(value, (dict, list)):
            summary = f"a text is wanted, and {words.article(value)} stands here"
            self.add(ids.NOT_TEXT, summary, path, help=f'quote it: "{words.as_written(value)}"')
        else:
            names = [wanted] if isinstance(wanted, str) else list(wanted)
            help_text = words.truth_help(value) if "boolean" in names else ""
            summary = f"{words.listed(names)} is wanted, and {words.article(value)} stands here"
            self.add(ids.WRONG_TYPE, summary, path, help=help_text)

    def pattern(self, error: Any, path: Path) -> None:
        kind = error.schema.get("x-novalite", "")
        value = str(error.instance)
        if kind == "quantity":
            self.add(ids.BAD_QUANTITY, *words.quantity_message(value, path))
            return
        problem_id, wanted = words.PATTERNS.get(kind, (ids.NOT_ALLOWED, "something else"))
        if kind == "name":
            self.add(ids.BAD_NAME, words.name_message(value), path, help=words.NAME_HELP)
        else:
            self.add(problem_id, f'"{shown(value)}" is not {wanted}', path)

    def choice(self, error: Any, path: Path) -> None:
        allowed = [str(item) for item in error.validator_value]
        value = error.instance
        if path[-1:] == ("power",) and isinstance(value, str) and value in not_yet.POWER:
            summary = f"power: {value} is not yet in this version"
            self.add(ids.NOT_YET, summary, path, help="running, shutoff, paused and suspended are")
            return
        summary = f'"{shown(value)}" is not one of {", ".join(allowed)}{did_you_mean(str(value), allowed)}'
        self.add(ids.NOT_ALLOWED, summary, path)

    def constant(self, error: Any, path: Path) -> None:
        summary = f"{words.article(error.instance)} is not a known version of the language"
        self.add(ids.VERSION, summary, path, help="this novalite reads version 1: novalite: 1")

    def alternatives(self, error: Any, path: Path) -> None:
        branches: dict[int, list[Any]] = {}
        for inner in error.context or ():
            branches.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
        required = [inner for inner in error.context or () if inner.validator == "required"]
        keys = [key for branch in error.validator_value for key in branch.get("required", ())]
        if keys and not isinstance(error.instance, dict):
            return  # its type is told
        if keys:
            if len(required) == len(keys) and words.kind_of(path) == "network":
                help_text = "name what the hosts have: {libvirt: NAME} or {bridge: NAME}"
                summary = "networks that novalite makes itself are not yet in this version"
                self.add(ids.NOT_YET, summary, path, of_key=True, help=help_text)
                return
            both = " and ".join(key for key in keys if key in error.instance)
            what = "there is none" if len(required) == len(keys) else f"there are {both}"
            self.add(ids.NOT_ONE_OF, f"one of {' or '.join(keys)} is wanted, and {what}", path, of_key=True)
            return
        fitting = [inner for inner in branches.values() if not any(_is_type_of_whole(one) for one in inner)]
        if len(fitting) == 1:
            for inner in fitting[0]:
                self.tell_below(inner, path)
            return
        wanted = [one.validator_value for inner in branches.values() for one in inner if _is_type_of_whole(one)]
        names = [name for value in wanted for name in ([value] if isinstance(value, str) else value)]
        summary = f"{words.listed(names)} is wanted, and {words.article(error.instance)} stands here"
        self.add(ids.WRONG_TYPE, summary, path)

    def tell_below(self, error: Any, path: Path) -> None:
        """Tell an error inside of a chosen branch; its path starts at the alternative."""
        _Told(self.declared, path, self.found).tell(error)

    def other(self, error: Any, path: Path) -> None:
        make = words.LIMITS.get(str(error.validator))
        summary = make(error.instance, error.validator_value) if make else error.message[:200]
        self.add(ids.NOT_ALLOWED, summary, path)


def _is_type_of_whole(error: Any) -> bool:
    return error.validator == "type" and not error.relative_path
