# SPDX-License-Identifier: GPL-3.0-or-later
"""A valid document <-> what the cache keeps of it: a JSON value, its places as one flat list. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.spec.sources import Declared, Source

if TYPE_CHECKING:
    from collections.abc import Iterable

_NOWHERE = (0, 1, 1)


def stored_from_declared(declared: Declared, meaning: str) -> dict[str, Any]:
    """Return a JSON value; places come in the order of sections and the names in them."""
    places: list[int] = []
    for section, content in declared.value.items():
        places += declared.origins.get((section,), _NOWHERE)
        for name in content if isinstance(content, dict) else ():
            places += declared.origins.get((section, name), _NOWHERE)
    return {"value": declared.value, "places": places, "meaning": meaning}


def declared_from_stored(stored: Any, contents: Iterable[tuple[str, bytes]]) -> tuple[Declared, str] | None:
    """Return the document and its fingerprint; None where this is nothing that was stored."""
    try:
        origins: dict[tuple[str, ...], tuple[int, int, int]] = {}
        flat = iter(stored["places"])
        places = zip(flat, flat, flat, strict=True)
        for section, content in stored["value"].items():
            origins[(section,)] = next(places)
            if isinstance(content, dict):
                origins.update(zip(((section, name) for name in content), places, strict=False))
        sources = tuple(Source(name, content.decode("utf-8-sig")) for name, content in contents)
        return Declared(stored["value"], sources, origins), str(stored["meaning"])
    except (TypeError, KeyError, ValueError, AttributeError, StopIteration):
        return None
