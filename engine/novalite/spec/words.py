# SPDX-License-Identifier: GPL-3.0-or-later
"""How messages about values are worded. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.spec import ids
from novalite.spec.suggest import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from novalite.spec.sources import Path

INTERFACE_HELP = "of an interface: lower-case letters, digits, dots, hyphens, underscores, a letter first, at most 15"
NAME_HELP = "lower-case letters, digits and hyphens, a letter first, at most 63"

# x-novalite of a pattern -> (id, what it should be)
PATTERNS = {
    "name": (ids.BAD_NAME, "a name"),
    "sha256": (ids.NOT_ALLOWED, "a SHA-256: 64 digits 0-9a-f"),
    "mac": (ids.BAD_ADDRESS, "a MAC address such as 52:54:00:12:34:56 (lower case, with colons)"),
    "address": (ids.BAD_ADDRESS, "an IP address"),
    "cidr": (ids.BAD_ADDRESS, "a subnet such as 10.0.0.0/24"),
    "host": (ids.NOT_ALLOWED, "a host name of an Ansible inventory"),
    "zone": (ids.NOT_ALLOWED, "the name of a zone: letters, digits, dot, hyphen, underscore"),
    "trait": (ids.NOT_ALLOWED, "a trait: capital letters, digits and underscores"),
    "uuid": (ids.NOT_ALLOWED, "a UUID in lower case, such as 5f0c7c8e-1234-4abc-8def-0123456789ab"),
    "instance": (ids.NOT_ALLOWED, "the name or UUID of an instance"),
    "prefix": (ids.BAD_ADDRESS, "the length of a prefix such as /24"),
    "share": (ids.NOT_ALLOWED, "a share from 1% to 100%"),
    "source": (ids.NOT_ALLOWED, "the name of a network or bridge on hosts"),
    "hostname": (ids.NOT_ALLOWED, "a hostname: letters, digits and hyphens, with dots between parts"),
    "tag": (ids.NOT_ALLOWED, "a tag: no comma and no slash in it"),
    "target": (ids.NOT_ALLOWED, "the name of a target: letters, digits, dot, hyphen, underscore"),
    "duration": (ids.BAD_QUANTITY, "a number of seconds such as 60s"),
    "day": (ids.BAD_DAY, "a day such as 2026-12-31"),
    "path_pattern": (ids.BAD_PATTERN, "a pattern of paths such as hardware.video.*"),
    "instance_pattern": (ids.BAD_PATTERN, "a pattern of names such as web-*"),
}

LIMITS: dict[str, Callable[[Any, Any], str]] = {
    "minimum": lambda value, limit: f"{value} is less than {limit}, the least there can be",
    "maximum": lambda value, limit: f"{value} is more than {limit}, the most there can be",
    "minLength": lambda _, limit: "an empty text" if limit == 1 else f"shorter than {limit} characters",
    "maxLength": lambda value, limit: f"{len(value)} characters, and {limit} are the most there can be",
    "maxItems": lambda value, limit: f"{len(value)} items, and {limit} are the most there can be",
    "maxProperties": lambda value, limit: f"{len(value)} keys, and {limit} are the most there can be",
    "minItems": lambda _, limit: f"an empty list, and {limit} is the least there can be",
    "minProperties": lambda _, limit: f"an empty mapping, and {limit} key is the least there can be",
    "exclusiveMinimum": lambda value, limit: f"{value} is not more than {limit}",
    "uniqueItems": lambda *_: "the same item twice",
}

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}


def listed(types: Iterable[str]) -> str:
    """Return JSON types in words: ``a text or a mapping``."""
    return " or ".join(dict.fromkeys(_TYPES[name] for name in types if name != "null")) or "null"


def article(value: object) -> str:
    """Return what a value is, in words, with the value where it is short."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return f"the truth value {as_written(value)}"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f'the text "{shown(value)}"'
    return "a mapping" if isinstance(value, dict) else "a list"


def as_written(value: object) -> str:
    """Return a scalar as YAML writes it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else shown(value)


def truth_help(value: object) -> str:
    """Return how to say yes or no, to somebody who knows YAML 1.1."""
    words = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
    written = words.get(str(value).lower(), "true or false")
    return f"YAML 1.2 knows true and false only: write {written}"


def name_message(name: str) -> str:
    """Return why a text is not a name."""
    if len(name) > 63 and name.isascii():
        return f'"{shown(name)}" is not a name: {len(name)} characters, and 63 are the most'
    return f'"{shown(name)}" is not a name'


_DECIMAL = {"K": "kB", "M": "MB", "G": "GB", "T": "TB"}


def quantity_message(value: object, path: Path) -> tuple[str, Path]:
    """Return why a quantity cannot be read, with the two readings it could have; and the path again."""
    text = str(value)
    number = text.rstrip("BbiKMGTkmgt ")
    unit = text[len(number) :].strip().removesuffix("B").removesuffix("b").removesuffix("i").upper()
    if not number.isdecimal() or not number.isascii():
        return f'"{shown(value)}" is not a size such as 512MiB, 8GiB or 2TiB', path
    if unit in ("", "B"):
        return f'"{shown(value)}" has no unit: {number}MiB or {number}GiB?', path
    if unit in _DECIMAL and unit != "K":
        two = f"{number}{unit}iB (powers of 1024) or {number}{_DECIMAL[unit]} (powers of 1000)"
        return f'"{shown(value)}" could be {two}: write {number}{unit}iB', path
    return f'"{shown(value)}" is not a size such as 512MiB, 8GiB or 2TiB', path


_KINDS = {
    "flavors": "flavor",
    "images": "image",
    "keypairs": "keypair",
    "networks": "network",
    "server_groups": "server_group",
    "aggregates": "aggregate",
    "sharing_providers": "sharing_provider",
    "pci_aliases": "PCI alias",
    "instances": "instance",
}


def kind_of(path: Path) -> str:
    """Return which mapping of the language stands at a path."""
    if not path:
        return "fleet"
    if len(path) == 1:
        return str(path[0])
    return _KINDS.get(str(path[0]), "") if len(path) == 2 else ""
