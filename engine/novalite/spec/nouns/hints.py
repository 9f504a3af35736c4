# SPDX-License-Identifier: GPL-3.0-or-later
"""Scheduler hints of instances: what is said, and whether it can be. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from novalite.spec import ids
from novalite.spec.nouns.scheduler import enabled_filters
from novalite.spec.suggest import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.hints import Hints
    from novalite.model.instance import Instance
    from novalite.spec.context import Context
    from novalite.spec.sources import Path

SAME, DIFFERENT, NEAR, CIDR, QUERY = "same_host", "different_host", "build_near_host_ip", "cidr", "query"
# Hint -> the filter that reads it.
READERS = {
    SAME: "SameHostFilter",
    DIFFERENT: "DifferentHostFilter",
    NEAR: "SimpleCIDRAffinityFilter",
    CIDR: "SimpleCIDRAffinityFilter",
    QUERY: "JsonFilter",
}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class HintReader:
    """Reads the hints of all instances; what stands in the defaults is read once."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.known: dict[Path, Hints] = {}

    def get(self, said: Mapping[str, Any], path: Path) -> Hints:
        """Return the hints that stand at a path: each with a list of texts, in the order of their names."""
        found = self.known.get(path)
        if found is None:
            found = self.known[path] = tuple((name, _texts(name, said[name])) for name in sorted(said))
            self._check(dict(found), path)
        return found

    def _check(self, hints: dict[str, tuple[str, ...]], path: Path) -> None:
        enabled = enabled_filters(self.context)
        for name in hints:
            if READERS[name] not in enabled:
                summary = f"{name} has no effect: enabled_filters has no {READERS[name]}"
                self.context.add(ids.NO_EFFECT, summary, (*path, name), of_key=True, severity="warning")
        if NEAR in hints:
            self._check_subnet(hints[NEAR], hints.get(CIDR, ()), (*path, CIDR if CIDR in hints else NEAR))
        if CIDR in hints and NEAR not in hints:
            summary = f"{CIDR} has no effect without {NEAR}"
            self.context.add(ids.NO_EFFECT, summary, (*path, CIDR), of_key=True, severity="warning")
        if QUERY in hints:
            self._check_query(hints[QUERY][0], (*path, QUERY))

    def _check_subnet(self, address: tuple[str, ...], cidr: tuple[str, ...], path: Path) -> None:
        from novalite.model.hints import DEFAULT_CIDR, subnet_from_hints

        if subnet_from_hints(address, cidr) is None:
            around = f"{address[0]}/{(cidr or (DEFAULT_CIDR,))[0].removeprefix('/')}"
            self.context.add(ids.BAD_ADDRESS, f"{shown(around)} is not a subnet", path)

    def _check_query(self, text: str, path: Path) -> None:
        from novalite.model.extra_spec import HOST_ATTRIBUTES
        from novalite.model.query import QueryError, attributes_of, query_from_text

        try:
            query = query_from_text(text)
        except QueryError as error:
            self.context.add(ids.BAD_QUERY, f"not a query: {error}", path)
            return
        for name in sorted(set(attributes_of(query)) - HOST_ATTRIBUTES):
            near = did_you_mean(name, HOST_ATTRIBUTES)
            help_text = "what hosts say of themselves (novalite_stats) is $stats.NAME"
            summary = f"hosts have no attribute ${shown(name)}{near}"
            self.context.add(ids.BAD_QUERY, summary, path, help=help_text, severity="warning")


def _texts(name: str, said: Any) -> tuple[str, ...]:
    """Return what a hint says as texts: a query is one text, JSON, however it was written."""
    if name == QUERY and not isinstance(said, str):
        return (json.dumps(said, separators=(",", ":"), ensure_ascii=False),)
    return tuple(said) if isinstance(said, list) else (str(said),)


def check_neighbours(context: Context, instances: Mapping[str, Instance]) -> None:
    """Note hints that name nobody, and those that leave an instance no host."""
    checked: set[tuple[Hints, Path]] = set()
    for instance in instances.values():
        if not instance.hints:
            continue
        path = _path(context, instance)
        hints = dict(instance.hints)
        _check_impossible(context, instance, hints, path)
        if (instance.hints, path) not in checked and not context.declared.dropped:
            checked.add((instance.hints, path))
            for name in (SAME, DIFFERENT):
                _check_names(context, instances, hints.get(name, ()), (*path, name))


def _path(context: Context, instance: Instance) -> Path:
    declared = context.section("instances")
    name = instance.name if instance.name in declared else instance.name.rpartition("-")[0]
    own = declared.get(name, {})
    return ("instances", name, "scheduler_hints") if "scheduler_hints" in own else ("defaults", "scheduler_hints")


def _check_names(context: Context, instances: Mapping[str, Instance], names: tuple[str, ...], path: Path) -> None:
    for index, name in enumerate(names):
        if name not in instances and not _UUID.fullmatch(name):
            near = did_you_mean(name, instances)
            summary = f'no instance is called "{shown(name)}"{near}'
            help_text = "" if near else "instances with a count have numbers: web-0, not web"
            context.add(ids.BAD_HINT, summary, (*path, index), help=help_text, severity="warning")


def _check_impossible(context: Context, instance: Instance, hints: dict[str, tuple[str, ...]], path: Path) -> None:
    same, different = hints.get(SAME, ()), hints.get(DIFFERENT, ())
    if set(same) == {instance.name}:
        summary = f"{instance.name} would have to be where it is itself, and it is nowhere yet"
        context.add(ids.BAD_HINT, summary, (*path, SAME))
    elif same and set(same) <= set(different):
        summary = f"{instance.name} would have to be with {', '.join(map(shown, same[:3]))}, and apart from the same"
        context.add(ids.BAD_HINT, summary, (*path, SAME))
