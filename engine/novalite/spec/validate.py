# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema's say: one fast pass over everything; only where it fails, a second look for people. Pure."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from novalite.resources import schema_text
from novalite.spec import ids

if TYPE_CHECKING:
    from novalite.problem import Problem
    from novalite.spec.sources import Declared

# section -> definition of what its names hold
ENTRIES = {
    "flavors": "flavor",
    "images": "image",
    "keypairs": "keypair",
    "networks": "network",
    "server_groups": "server_group",
    "aggregates": "aggregate",
    "sharing_providers": "sharing_provider",
    "pci_aliases": "pci_alias",
    "instances": "instance",
}


@cache
def fleet_schema() -> dict[str, Any]:
    """Return the schema of a fleet."""
    schema: dict[str, Any] = json.loads(schema_text("fleet"))
    return schema


@cache
def _fast(definition: str | None = None) -> Any:
    import jsonschema_rs

    schema = fleet_schema()
    if definition is not None:
        schema = {"$schema": schema["$schema"], "$ref": f"#/$defs/{definition}", "$defs": schema["$defs"]}
    return jsonschema_rs.validator_for(schema)


def validate(declared: Declared) -> list[Problem]:
    """Return what the schema says against a document, every problem with its place."""
    problems = _header(declared)
    if not _fast().is_valid(declared.value):
        found = _slow(declared)
        if not found and not problems:
            found = _last_resort(declared)
        problems += found
    return problems


def _header(declared: Declared) -> list[Problem]:
    """Return what is missing of the two lines every fleet has."""
    value = declared.value
    if not declared.sources:
        return []  # nothing could be read, and that was said
    help_text = "start a fleet with two lines: novalite: 1 and project: NAME"
    if not value:
        return [declared.problem(ids.EMPTY_FLEET, "an empty fleet: nothing is declared", (), help=help_text)]
    return [
        declared.problem(ids.EMPTY_FLEET, f'"{key}" is missing: every fleet says it once', (), help=help_text)
        for key in ("novalite", "project")
        if key not in value
    ]


def _slow(declared: Declared) -> list[Problem]:
    """Return all problems: of the frame first, then of each entry that the fast pass refuses."""
    from novalite.spec.schema_errors import problems_of

    schema = fleet_schema()
    frame = dict(declared.value)
    problems: list[Problem] = []
    for section, definition in ENTRIES.items():
        entries = frame.get(section)
        if not isinstance(entries, dict):
            continue
        frame[section] = {}
        if not _fast_names(entries):
            names: dict[str, None] = dict.fromkeys(entries)
            problems += problems_of(declared, {"$ref": "#/$defs/names", "$defs": schema["$defs"]}, names, (section,))
        fast = _fast(definition)
        slow = {"$ref": f"#/$defs/{definition}", "$defs": schema["$defs"]}
        for name, entry in entries.items():
            if not fast.is_valid(entry):
                problems += problems_of(declared, slow, entry, (section, name))
    return problems_of(declared, schema, frame, ()) + problems


def _fast_names(entries: dict[str, Any]) -> bool:
    return bool(_fast("names").is_valid(dict.fromkeys(entries)))


def _last_resort(declared: Declared) -> list[Problem]:
    """Two validators disagree: better an awkward message than a fleet that slips through."""
    return [
        declared.problem(ids.NOT_ALLOWED, error.message[:200], tuple(error.instance_path))
        for error in _fast().iter_errors(declared.value)
    ]
