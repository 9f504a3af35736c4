# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading values that a host claims: each reader returns one of the right form or raises NonsenseError, which never
leaves this package. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class NonsenseError(ValueError):
    """A host said something that cannot be so; the message says what."""


def get_text(facts: Mapping[str, Any], key: str) -> str:
    """Return a text that must be there and not be empty."""
    value = facts.get(key)
    if not isinstance(value, str) or not value:
        raise NonsenseError(f"{key} is not a text: {value!r}"[:200])
    return value


def get_count(facts: Mapping[str, Any], key: str) -> int:
    """Return a whole number, zero or more."""
    value = facts.get(key)
    if type(value) is not int or value < 0:
        raise NonsenseError(f"{key} is not a number, zero or more: {value!r}"[:200])
    return value


def get_texts(facts: Mapping[str, Any], key: str) -> list[str]:
    """Return a list of texts; one that is missing is empty."""
    value = facts.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise NonsenseError(f"{key} is not a list of texts: {value!r}"[:200])
    return value


def get_mapping(facts: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a mapping; one that is missing is empty."""
    value = facts.get(key, {})
    if not isinstance(value, dict):
        raise NonsenseError(f"{key} is not a mapping: {value!r}"[:200])
    return value


def get_list(facts: Mapping[str, Any], key: str) -> list[Any]:
    """Return a list that must be there: a listing that is missing is not an empty one."""
    value = facts.get(key)
    if not isinstance(value, list):
        raise NonsenseError(f"{key} is not a list: {value!r}"[:200])
    return value


def get_usage(facts: Mapping[str, Any], key: str) -> dict[str, int]:
    """Return amounts by resource class."""
    value = get_mapping(facts, key)
    for amount in value.values():
        if type(amount) is not int or amount < 0:
            raise NonsenseError(f"{key} holds an amount that is none: {value!r}"[:200])
    return dict(value)


def get_optional(facts: Mapping[str, Any], key: str, getter: Callable[[Mapping[str, Any], str], str]) -> str | None:
    """Return what the getter reads, or None where there is nothing (Ansible gives an empty text for "not set")."""
    return None if facts.get(key) in (None, "") else getter(facts, key)
