# SPDX-License-Identifier: GPL-3.0-or-later
"""Providers inside a host, as its operator declares them (``novalite_providers``). Pure.

Nova's compute service finds some of these itself and reads others from provider.yaml, whose form this follows.
Source: nova/compute/provider_config.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.model.natural import natural_key
from novalite.model.provider import Provider
from novalite.model.trait import is_trait
from novalite.observe.inventories import inventories_of_provider
from novalite.observe.nonsense import NonsenseError, get_mapping, get_optional, get_text, get_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEYS = frozenset({"name", "parent", "inventories", "traits"})


def providers_of_host(host: str, config: Mapping[str, Any]) -> tuple[Provider, ...]:
    """Return the providers, each after its parent, siblings in the natural order of names, however they were listed.

    Raises: NonsenseError where one cannot be so (a parent that is none of them, a name twice, a class without total).
    """
    said = config.get("providers") or []
    if not isinstance(said, list):
        raise NonsenseError(f"providers is not a list: {said!r}"[:200])
    found: dict[str, Provider] = {}
    for doc in said:
        provider = _provider(doc)
        if provider.name in found or provider.name == host:
            raise NonsenseError(f"providers: {provider.name!r} is there twice"[:200])
        found[provider.name] = provider
    children: dict[str | None, list[Provider]] = {}
    for provider in sorted(found.values(), key=lambda item: natural_key(item.name)):
        if provider.parent is not None and provider.parent not in found:
            raise NonsenseError(f"providers: {provider.name}: there is no parent {provider.parent!r}"[:200])
        children.setdefault(provider.parent, []).append(provider)
    ordered: list[Provider] = []
    below = list(reversed(children.get(None, [])))
    while below:
        provider = below.pop()
        ordered.append(provider)
        below += reversed(children.get(provider.name, []))
    if len(ordered) != len(found):
        lost = sorted(found.keys() - {provider.name for provider in ordered})
        raise NonsenseError(f"providers: {lost[0]} is its own ancestor"[:200])
    return tuple(ordered)


def _provider(doc: object) -> Provider:
    if not isinstance(doc, dict):
        raise NonsenseError(f"providers: not a mapping: {doc!r}"[:200])
    name = get_text(doc, "name")
    unknown = sorted(doc.keys() - _KEYS, key=str)
    if unknown:
        raise NonsenseError(f"providers: {name}: there is no field {unknown[0]!r}"[:200])
    traits = get_texts(doc, "traits")
    wrong = [trait for trait in traits if not is_trait(trait)]
    if wrong:
        raise NonsenseError(f"providers: {name}: not a trait: {wrong[0]!r}"[:200])
    try:
        inventories = inventories_of_provider(get_mapping(doc, "inventories"))
    except NonsenseError as error:
        raise NonsenseError(f"providers: {name}: {error}"[:200]) from None
    return Provider(name, inventories, traits=frozenset(traits), parent=get_optional(doc, "parent", get_text))
