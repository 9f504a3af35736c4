# SPDX-License-Identifier: GPL-3.0-or-later
"""How hosts are chosen: names of rules, and options that something reads. Pure.

The schema checks types and ranges; the fields are those of schedule/options.py, which makes Options of what is
kept here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from novalite.model import rule_names
from novalite.spec import ids
from novalite.spec.suggest import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.spec.context import Context

_SHA256 = re.compile(r"[0-9a-f]{64}")

# Option -> the filters that read it. One that none of them reads does nothing.
READERS: dict[str, tuple[str, ...]] = {
    "max_instances_per_host": ("NumInstancesFilter", "AggregateNumInstancesFilter"),
    "max_io_ops_per_host": ("IoOpsFilter", "AggregateIoOpsFilter"),
    "isolated_images": ("IsolatedHostsFilter",),
    "isolated_hosts": ("IsolatedHostsFilter",),
    "restrict_isolated_hosts_to_isolated_images": ("IsolatedHostsFilter",),
    "aggregate_image_properties_isolation_namespace": ("AggregateImagePropertiesIsolation",),
    "aggregate_image_properties_isolation_separator": ("AggregateImagePropertiesIsolation",),
    "image_properties_default_architecture": ("ImagePropertiesFilter",),
}


def build_scheduler(context: Context) -> dict[str, Any]:
    """Return what is said under ``scheduler``, without names that Nova removed."""
    said = dict(context.section("scheduler"))
    if "enabled_filters" in said:
        said["enabled_filters"] = _filters(context, said["enabled_filters"])
    if "enabled_weighers" in said:
        for index, name in enumerate(said["enabled_weighers"]):
            if name not in rule_names.WEIGHERS:
                _add_unknown(context, "weigher", name, rule_names.WEIGHERS, ("scheduler", "enabled_weighers", index))
    _check_images(context, said.get("isolated_images", ()))
    if ("scheduler", "enabled_filters") not in context.declared.dropped:
        _check_readers(context, said)
    return said


def enabled_filters(context: Context) -> tuple[str, ...]:
    """Return the filters that are on."""
    return tuple(context.section("scheduler").get("enabled_filters", rule_names.ENABLED_FILTERS))


def _filters(context: Context, names: Iterable[str]) -> list[str]:
    known = []
    for index, name in enumerate(names):
        path = ("scheduler", "enabled_filters", index)
        if name in rule_names.FILTERS:
            known.append(name)
        elif name in rule_names.REMOVED_FILTERS:
            summary = f"Nova has no {name} any more: {rule_names.REMOVED_FILTERS[name]}"
            context.add(ids.REMOVED_RULE, summary, path, help="take it away", severity="warning")
        elif name in rule_names.ALWAYS:
            context.add(ids.NO_EFFECT, f"{name} is always on", path, help="take it away", severity="warning")
        else:
            _add_unknown(context, "filter", name, rule_names.FILTERS, path)
    return known


def _add_unknown(context: Context, kind: str, name: str, known: tuple[str, ...], path: tuple[str | int, ...]) -> None:
    lower = {word.lower(): word for word in known}
    near = f' (did you mean "{lower[name.lower()]}"?)' if name.lower() in lower else _near(name, known)
    help_text = "" if near else f"known: {', '.join(known)}"
    context.add(ids.UNKNOWN_RULE, f'no {kind} is called "{shown(name)}"{near}', path, help=help_text)


def _near(name: str, known: tuple[str, ...]) -> str:
    """Return the nearest name as it is written: ``did_you_mean`` compares small letters."""
    told = did_you_mean(name, [word.lower() for word in known])
    for word in known:
        told = told.replace(f'"{word.lower()}"', f'"{word}"')
    return told


def _check_images(context: Context, images: Iterable[str]) -> None:
    for index, name in enumerate(images):
        if not _SHA256.fullmatch(name):
            context.check_reference("images", name, ("scheduler", "isolated_images", index))


def _check_readers(context: Context, said: dict[str, Any]) -> None:
    enabled = enabled_filters(context)
    for option, readers in READERS.items():
        if option in said and not set(readers) & set(enabled):
            summary = f"{option} has no effect: enabled_filters has no {' or '.join(readers)}"
            context.add(ids.NO_EFFECT, summary, ("scheduler", option), of_key=True, severity="warning")
