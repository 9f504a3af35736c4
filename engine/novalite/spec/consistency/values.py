# SPDX-License-Identifier: GPL-3.0-or-later
"""Each extra spec and each image property by itself: is it known, is its value possible, how is it called. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.spec import ids
from novalite.spec.consistency.tables import (
    EXTRA_SPECS,
    NAMESPACES,
    OLD_PROPERTIES,
    PROPERTIES,
    kind_of_property,
    kind_of_spec,
)
from novalite.spec.suggest import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.spec.context import Context
    from novalite.spec.sources import Path


def check_extra_spec(context: Context, key: str, value: str, path: Path) -> bool:
    """Note what is wrong with one extra spec; True where something is. Keys outside of Nova's namespaces are free."""
    kind = kind_of_spec(key)
    if kind is not None:
        return _check_value(context, f"extra spec {key}", kind(value), value, path)
    if not key.startswith(NAMESPACES):
        return False
    near = did_you_mean(key, [*EXTRA_SPECS, "hw:numa_cpus.0", "hw:numa_mem.0"])
    context.add(ids.UNKNOWN_SPEC, f'Nova has no extra spec "{shown(key)}"{near}', path, of_key=True)
    return True


def check_property(context: Context, key: str, value: str, path: Path) -> bool:
    """Note what is wrong with one image property; True where something is an error."""
    today = OLD_PROPERTIES.get(key)
    if today is not None:
        summary = f"image property {key} is called {today} today"
        context.add(ids.OLD_PROPERTY, summary, path, of_key=True, severity="warning")
    kind = kind_of_property(today or key)
    if kind is not None:
        return _check_value(context, f"image property {today or key}", kind(value), value, path)
    if not key.startswith("hw_"):
        return False
    near = did_you_mean(key, [*PROPERTIES, "hw_numa_cpus.0", "hw_numa_mem.0"])
    context.add(ids.UNKNOWN_SPEC, f'Nova has no image property "{shown(key)}"{near}', path, of_key=True)
    return True


def todays(properties: Mapping[str, str]) -> Mapping[str, str]:
    """Return the properties by the names of today; what is said by both names is what today's says."""
    if OLD_PROPERTIES.keys().isdisjoint(properties):
        return properties
    renamed = {OLD_PROPERTIES[key]: value for key, value in properties.items() if key in OLD_PROPERTIES}
    return {**renamed, **{key: value for key, value in properties.items() if key not in OLD_PROPERTIES}}


def _check_value(context: Context, what: str, wrong: str, value: str, path: Path) -> bool:
    if wrong:
        context.add(ids.BAD_SPEC_VALUE, f'{what} cannot be "{shown(value)}": {shown(wrong)[:150]}', path)
    return bool(wrong)
