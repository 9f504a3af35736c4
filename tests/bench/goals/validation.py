"""Goal 7: the schema's say over 10,000 documents, against two validators that only say yes or no.

The peers check one document after the other against a schema of the documents' fields alone; novalite checks the whole
fleet, which holds the same documents, against the schema of its language, and would say file and line.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from bench import clock, fleet, peers
from bench.figure import Figure, Goal, Settings, ratio
from bench.fleet import Shape
from bench.paths import PROBES

DOCUMENTS = 10_000
FAST, SLOW = 10.0, 0.1
_TEXT = {"type": "string"}
_PORT = {
    "type": "object",
    "required": ["network"],
    "additionalProperties": False,
    "properties": {"network": _TEXT, "fixed_ip": {"type": "string", "pattern": "^[0-9.]+$"}},
}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["name", "flavor", "image"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,62}$"},
        **dict.fromkeys(("flavor", "image", "availability_zone", "group"), _TEXT),
        "user_data": {"type": "string", "maxLength": 65535},
        "networks": {"type": "array", "items": _PORT},
        "metadata": {"type": "object", "additionalProperties": _TEXT},
    },
}


def document(index: int) -> dict[str, object]:
    """What fleet.text says of one instance."""
    spec = fleet.spec(index, Shape())
    return {
        "name": spec["name"],
        "flavor": spec["flavor"]["name"],
        "image": spec["image"]["name"],
        "availability_zone": spec["availability_zone"],
        "group": spec["group"]["name"],
        "networks": [{"network": "net0", "fixed_ip": fleet.address(index)}],
        "metadata": spec["metadata"],
        "user_data": fleet.USER_DATA,
    }


def measure(settings: Settings) -> list[Figure]:
    """CPU time, each side in processes of its own, in turns."""
    count = settings.size(DOCUMENTS)
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fleet.yml").write_text(fleet.text(count, Shape()))
        (folder / "documents.json").write_text(json.dumps([document(index) for index in range(count)]))
        (folder / "schema.json").write_text(json.dumps(SCHEMA))
        peer = [peers.python("text"), PROBES / "schema_peers.py", folder / "documents.json", folder / "schema.json"]
        for _ in range(settings.reps):
            ours.append(_said([sys.executable, PROBES / "novalite_validate.py", folder / "fleet.yml"]))
            theirs.append(_said(peer))
    valid, wrong = (clock.median([one[key] for one in ours]) for key in ("valid_s", "one_wrong_s"))
    fast, slow = (clock.median([one[key] for one in theirs]) for key in ("jsonschema_rs_s", "jsonschema_s"))
    parts = {"novalite_ms": _ms(valid), "jsonschema_rs_ms": _ms(fast), "jsonschema_ms": _ms(slow)}
    parts |= {"one_wrong_ms": _ms(wrong), "documents": count, "reps": settings.reps}
    return [
        Figure("validation.jsonschema_rs", ratio(valid, fast), FAST, parts=parts),
        Figure("validation.jsonschema", ratio(valid, slow), SLOW, parts=parts),
    ]


def _said(argv: list[str | Path]) -> dict[str, float]:
    return dict(json.loads(clock.run(argv, env=clock.clean_environment()).output.splitlines()[-1]))


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 2)


GOAL = Goal(
    "validation",
    "CPU of validating 10,000 documents (messages have file and line) / jsonschema-rs; / jsonschema",
    measure,
    (("validation.jsonschema_rs", FAST), ("validation.jsonschema", SLOW)),
)
