# SPDX-License-Identifier: GPL-3.0-or-later
"""The query of JsonFilter: ``["and", [">=", "$free_ram_mb", 1024], ["not", ["=", "$host", "kvm-1"]]]``. Pure.

Operators: ``= < > in <= >=`` hold the first argument against all others, ``not or and`` take truth values; ``$name`` is
an attribute of the host, ``$name.key`` what a mapping holds. Source: nova/scheduler/filters/json_filter.py.

Other than Nova: ``not`` of an expression is its contrary (there ``["and", ["not", X]]`` is always true, and
``["not", ["not", X]]`` never), and a comparison with an attribute that the host does not have is false (there it is
dropped, so ``["<", "$nope", 3, 4]`` is true). What ends the request in Nova, such as an unknown operator or a word
compared with a number, is a QueryError when read, or false when asked of a host.
"""

from __future__ import annotations

import json
import operator
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Value = str | int | float | bool
Query = Value | tuple["Query", ...]  # (operator, argument, ...); () is true

MAX_DEPTH = 32

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_COMPARISONS = (*_COMPARE, "in")
_LOGIC = ("not", "or", "and")
OPERATORS = (*_COMPARISONS, *_LOGIC)


class QueryError(ValueError):
    """The text is no query; the message says why."""


@cache
def query_from_text(text: str) -> Query:
    """Return the query that a JSON text says. Raises: QueryError."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = "it is not JSON"
        raise QueryError(message) from error
    if not isinstance(found, list):
        message = "a query is a list, with an operator first"
        raise QueryError(message)
    return _query(found, 0)


def _query(value: object, depth: int) -> Query:
    if depth > MAX_DEPTH:
        message = f"it is nested deeper than {MAX_DEPTH} levels"
        raise QueryError(message)
    if isinstance(value, str | int | float):
        return value
    if not isinstance(value, list):
        message = "an argument is a text, a number, a truth value or a list"
        raise QueryError(message)
    if not value:
        return ()
    name, arguments = value[0], value[1:]
    if not isinstance(name, str) or name not in OPERATORS:
        message = f"{json.dumps(name)[:60]} is no operator ({', '.join(OPERATORS)})"
        raise QueryError(message)
    least = 2 if name in _COMPARISONS else 1
    if len(arguments) < least:
        message = f'"{name}" wants {least} argument{"s" if least > 1 else ""} or more, and has {len(arguments)}'
        raise QueryError(message)
    return (name, *(_query(argument, depth + 1) for argument in arguments))


def attributes_of(query: Query) -> Iterator[str]:
    """Yield the names of the host's attributes that a query asks for, without what stands after a dot."""
    if isinstance(query, tuple):
        for argument in query[1:]:
            yield from attributes_of(argument)
    elif isinstance(query, str) and query.startswith("$"):
        yield query[1:].split(".")[0]


def holds(query: Query, host: Mapping[str, object]) -> bool:
    """Tell whether a query is true of a host, given by its attributes."""
    return bool(_asked(query, host))


def _asked(query: Query, host: Mapping[str, object]) -> object:
    """Return what a part of a query means on a host; None where the host has no such attribute."""
    if isinstance(query, str):
        return attribute(host, query) if query.startswith("$") else query or None
    if not isinstance(query, tuple):
        return query
    if not query:
        return True
    values = [_asked(argument, host) for argument in query[1:]]
    if query[0] == "and":
        return all(values)
    if query[0] == "or":
        return any(values)
    if query[0] == "not":
        return any(not value for value in values if value is not None)
    return _compared(str(query[0]), values)


def _compared(name: str, values: list[object]) -> bool:
    if any(value is None for value in values):
        return False
    if name == "in":
        return values[0] in values[1:]
    try:
        return all(_COMPARE[name](values[0], other) for other in values[1:])
    except TypeError:
        return False


def attribute(host: Mapping[str, object], path: str) -> object:
    """Return what ``$name.key`` is on a host; None where there is no such thing."""
    found: object = host
    for step in path.removeprefix("$").split("."):
        get = getattr(found, "get", None)
        if get is None:
            return None
        found = get(step)
    return found
