# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules asked of every pair of flavor and image that an instance uses, and of each flavor alone. Pure.

A problem stands at the flavor's key where it has one, else at the image's; the other keys that it is about are its
related places. What is wrong with a flavor whatever its image is told once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from novalite.model.guest_topology import Guest
from novalite.spec import ids
from novalite.spec.consistency import cpu_rules, device_rules, memory_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from novalite.model.flavor import Flavor
    from novalite.model.image import Image
    from novalite.spec.consistency.rule import Rule
    from novalite.spec.context import Context
    from novalite.spec.sources import Path

RULES: tuple[Rule, ...] = (*cpu_rules.RULES, *memory_rules.RULES, *device_rules.RULES)
Told = set[tuple[str, tuple["Path", ...]]]  # rule and places
_DIFFERENCES = frozenset(index for index, rule in enumerate(RULES) if rule.id == ids.FLAVOR_AND_IMAGE)
_OF_FLAVORS = ("hw", "os:", "resources", "trait")
_OF_IMAGES = ("hw_", "os_", "img_", "trait:")


def check_consistency(
    context: Context, flavors: Mapping[str, Flavor], images: Mapping[str, Image], pairs: Iterable[tuple[str, str]]
) -> None:
    """Note what flavors and images say that does not go together; ``pairs`` of names are those that instances use."""
    told: Told = set()
    used = set()
    for flavor_name, image_name in pairs:
        flavor, image = flavors.get(flavor_name), images.get(image_name)
        if flavor is not None and image is not None:
            used.add(flavor_name)
            _check(context, flavor, image, told)
    for name, flavor in flavors.items():
        if name not in used:
            _check(context, flavor, None, told)
    for image in images.values():
        _stateless(context, image)


def rules_for(specs: Iterable[str], properties: Iterable[str]) -> list[Rule]:
    """Return the rules that any of the keys concerns, in their order; a rule of differences needs both sides."""
    flavors, images = _concerned(frozenset(specs), True), _concerned(frozenset(properties), False)
    return [RULES[index] for index in sorted((flavors | images) - ((flavors ^ images) & _DIFFERENCES))]


@lru_cache(maxsize=4096)
def _concerned(keys: frozenset[str], of_flavor: bool) -> frozenset[int]:
    return frozenset(
        index
        for index, rule in enumerate(RULES)
        if any(_present(rule.specs if of_flavor else rule.properties, dict.fromkeys(sorted(keys), "")))
    )


def _check(context: Context, flavor: Flavor, image: Image | None, told: Told) -> None:
    specs = {key: value for key, value in flavor.extra_specs.items() if key.startswith(_OF_FLAVORS)}
    properties = {
        key: value for key, value in (image.properties if image else {}).items() if key.startswith(_OF_IMAGES)
    }
    names = {("flavors", flavor.name), ("images", image.name if image else "")}
    if not names.isdisjoint(context.unreadable):
        return  # a value of theirs is impossible, and that was told
    if not specs and not properties:
        return
    guest = Guest(flavor.vcpus, flavor.ram_mib, specs, properties)
    for rule in rules_for(specs, properties):
        if (image is not None or rule.alone) and (wrong := rule.wrong(guest)):
            places: list[Path] = [("flavors", flavor.name, "extra_specs", key) for key in _present(rule.specs, specs)]
            if image is not None:
                places += [("images", image.name, "properties", key) for key in _present(rule.properties, properties)]
            if not places or places[0][0] == "images":
                wrong = f"{wrong} (flavor {flavor.name})"
            _tell(context, rule, wrong, places or [("flavors", flavor.name)], told)


def _tell(context: Context, rule: Rule, wrong: str, places: list[Path], told: Told) -> None:
    if (rule.name, tuple(places)) in told:
        return
    told.add((rule.name, tuple(places)))
    related = tuple((_label(place), context.declared.where(place, of_key=True)) for place in places[1:])
    context.add(rule.id, wrong, places[0], of_key=True, help=rule.help, related=related)


def _label(place: Path) -> str:
    kind = "the flavor" if place[0] == "flavors" else "the image"
    return f"{kind} says"


def _present(wanted: tuple[str, ...], said: Mapping[str, str]) -> Iterator[str]:
    """Yield the keys that are there, in the order in which the rule names them."""
    found: dict[str, None] = {}
    for name in wanted:
        if name in said:
            found[name] = None
        elif not name.startswith("hw") or name.endswith("."):
            found.update(dict.fromkeys(key for key in said if key.startswith(name)))
    yield from found


def _stateless(context: Context, image: Image) -> None:
    """Note a property that Nova ignores without a word. Source: hardware.py, get_stateless_firmware_constraint."""
    key = "hw_firmware_stateless"
    if key in image.properties and image.properties.get("hw_firmware_type") != "uefi":
        summary = f"{key} has a meaning for hw_firmware_type: uefi only"
        context.add(ids.NO_EFFECT, summary, ("images", image.name, "properties", key), of_key=True, severity="warning")
