# SPDX-License-Identifier: GPL-3.0-or-later
"""The schemas: valid themselves, exercised whole, and the same for both validators."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from novalite.resources import schema_text
from novalite.spec.load import load_fleet
from novalite.spec.merge import declared_from_texts
from novalite.spec.sources import Declared, Source
from novalite.spec.validate import ENTRIES, fleet_schema, validate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from novalite.problem import Problem

TOP = Path(__file__).parents[4]
SCHEMAS = sorted((TOP / "schemas").glob("*.json"))
EXAMPLES = sorted((TOP / "examples").glob("*/fleet/"))


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_a_schema_is_one(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(path.name)
    assert schema["title"]


@pytest.mark.parametrize("kind", sorted({*ENTRIES.values(), "defaults"}))
def test_a_schema_of_one_kind_is_part_of_the_fleet(kind: str) -> None:
    assert json.loads(schema_text(kind))["$ref"] == f"fleet.json#/$defs/{kind}"
    assert kind in fleet_schema()["$defs"]


def example_documents() -> list[Any]:
    documents = []
    for folder in EXAMPLES:
        declared, problems = declared_from_texts(
            [(path.name, path.read_text()) for path in sorted(folder.glob("*.yml"))]
        )
        assert problems == []
        documents.append(declared.value)
    return documents


def keys_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def properties_of(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {}) if isinstance(schema.get("properties"), dict) else ()
        for inner in schema.values():
            yield from properties_of(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from properties_of(inner)


def test_every_property_is_used_by_an_example() -> None:
    used = {key for document in example_documents() for key in keys_of(document)}
    assert {key for key in properties_of(fleet_schema()) if not key.startswith("$")} <= used


def test_every_property_says_what_it_is() -> None:
    definitions = fleet_schema()["$defs"]
    for kind in [*ENTRIES.values(), "defaults", "port"]:
        for key, schema in definitions[kind]["properties"].items():
            target = definitions.get(schema.get("$ref", "").rpartition("/")[2], {})
            parts = [definitions[one["$ref"].rpartition("/")[2]] for one in schema.get("oneOf", ()) if "$ref" in one]
            assert any("description" in one for one in (schema, target, *parts)), f"{kind}.{key}"


def told(value: Any) -> list[Problem]:
    return validate(Declared(value, (Source("f.yml", json.dumps(value)),), {}))


def mutated(document: Any, random: Any) -> Any:
    """Return a document with one thing in it replaced, renamed or taken away."""
    document = json.loads(json.dumps(document))
    holders = [holder for holder in walk(document) if holder]
    holder = random.choice(holders)
    key = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    action = random.choice(["replace", "rename", "drop"])
    if action == "replace" or isinstance(holder, list):
        holder[key] = random.choice(
            [None, True, 0, -1, 1.5, "", "x", "web\n", "512", "8G", [], ["x"], {}, {"x": 1}, {"file": 1}]
        )
    elif action == "rename":
        holder[random.choice(["X", "web\n", key + "x", ""])] = holder.pop(key)
    else:
        del holder[key]
    return document


def walk(value: Any) -> Iterator[Any]:
    if isinstance(value, (dict, list)):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from walk(inner)


@given(st.integers(0, len(EXAMPLES) - 1), st.integers(1, 3), st.randoms(use_true_random=False))
def test_whatever_is_wrong_everything_else_is_still_looked_at(number: int, times: int, random: Any) -> None:
    folder = EXAMPLES[number]
    declared, _ = declared_from_texts([(path.name, path.read_text()) for path in sorted(folder.glob("*.yml"))])
    document = declared.value
    for _ in range(times):
        document = mutated(document, random) if document else document
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "fleet.yml").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        fleet, problems = load_fleet(name)
    assert (fleet is None) == any(problem.severity == "error" for problem in problems)
    for problem in problems:
        assert problem.where is not None
        assert problem.summary.isprintable()


@given(st.integers(0, len(EXAMPLES)), st.randoms(use_true_random=False))
def test_whatever_the_fast_pass_refuses_is_told(number: int, random: Any) -> None:
    documents = example_documents()
    document = mutated(documents[number % len(documents)], random)
    fast = jsonschema_rs.validator_for(fleet_schema()).is_valid(document)
    problems = told(document)
    if not fast:
        assert problems
    else:
        assert all("is missing" in problem.summary or "empty" in problem.summary for problem in problems)
    for problem in problems:
        assert "does not match" not in problem.summary, "the last resort was needed"


GOLDEN = sorted(
    path for kind in ("drift", "snapshot", "plan") for path in (TOP / "tests" / "golden").glob(f"*/{kind}.json")
)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_snapshots_and_plans_are_as_their_schemas_say(path: Path) -> None:
    validator = jsonschema_rs.validator_for(json.loads(schema_text(path.stem)))
    assert [error.message for error in validator.iter_errors(json.loads(path.read_text()))] == []


@pytest.mark.parametrize(
    ("line", "good"),
    [
        ({"format": "novalite.events/1", "digest": "sha256:" + "0" * 64, "summary": {"create": 1}}, True),
        ({"event": "host", "host": "kvm-1", "task": "wave 0", "state": "ok", "message": "", "seconds": 0.1}, True),
        ({"event": "report", "format": "novalite.report/1", "outcome": "done", "steps": [], "hosts": []}, True),
        ({"event": "report", "format": "novalite.report/2", "outcome": "done", "steps": [], "hosts": []}, False),
        ({"event": "other"}, False),
    ],
)
def test_lines_of_a_stream_of_events(line: dict[str, Any], good: bool) -> None:
    assert jsonschema_rs.validator_for(json.loads(schema_text("events"))).is_valid(line) is good
