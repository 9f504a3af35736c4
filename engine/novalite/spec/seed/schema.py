# SPDX-License-Identifier: GPL-3.0-or-later
"""cloud-init's own schema of cloud-config, where it is present: what it says against a value.

Where: the file that NOVALITE_CLOUD_INIT_SCHEMA names (``none``: nowhere), else that of Debian's package. A guest may
have another version, so only a wrong type and a key that is missing are errors. ``find_schema`` and ``load_schema``
read files; all else is pure.
"""

from __future__ import annotations

import datetime
import functools
import json
import os
from pathlib import Path as File
from typing import TYPE_CHECKING, Any

from novalite.spec import ids
from novalite.spec.seed.finding import WARNING, Finding
from novalite.spec.suggest import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from novalite.spec.sources import Path

VARIABLE = "NOVALITE_CLOUD_INIT_SCHEMA"
_INSTALLED = File("/usr/lib/python3/dist-packages/cloudinit/config/schemas/schema-cloud-config-v1.json")
_SURE = frozenset(("type", "required"))  # of all else a newer version may know more
_UNKNOWN = frozenset(("additionalProperties", "unevaluatedProperties"))
_MOST = 20


def find_schema() -> File | None:
    """Return where the schema is; None where there is none."""
    said = os.environ.get(VARIABLE)
    if said is not None:
        return None if said in ("", "none") else File(said)
    return _INSTALLED if _INSTALLED.is_file() else None


@functools.cache
def load_schema(path: File) -> tuple[dict[str, Any] | None, str]:
    """Return the schema of a file, and why there is none."""
    import jsonschema_rs

    try:
        schema = json.loads(path.read_bytes())
        jsonschema_rs.validator_for(schema)
    except (OSError, ValueError, TypeError) as error:
        return None, str(error).splitlines()[0]
    return (schema, "") if isinstance(schema, dict) else (None, "not a JSON schema")


def check_schema(value: Any, told: set[Path]) -> Iterator[Finding]:
    """Yield what cloud-init's schema says against a cloud-config; not of the keys in ``told``."""
    path = find_schema()
    if path is None:
        return
    schema, why = load_schema(path)
    if schema is None:
        summary = f"the schema that {VARIABLE} names cannot be read: {shown(why)}"
        yield Finding(ids.CLOUD_INIT_SCHEMA, summary, severity=WARNING)
        return
    plain = _plain(value)
    if _fast(path).is_valid(plain):
        return
    yield from _slow(schema, plain, told)


@functools.cache
def _fast(path: File) -> Any:
    import jsonschema_rs

    return jsonschema_rs.validator_for(load_schema(path)[0] or {})


def _slow(schema: dict[str, Any], value: Any, told: set[Path]) -> Iterator[Finding]:
    from jsonschema.exceptions import best_match
    from jsonschema.validators import validator_for

    errors = list(validator_for(schema)(schema).iter_errors(value))
    for error in errors[:_MOST]:
        worst = best_match([error]) or error
        place = tuple(worst.absolute_path) or tuple(error.absolute_path)
        if place[:1] in told:
            continue
        summary = f"cloud-init's schema: {_said(worst)}"
        yield Finding(ids.CLOUD_INIT_SCHEMA, summary, place, severity="error" if worst.validator in _SURE else WARNING)


def _said(error: Any) -> str:
    """Return what is wrong in words that hold nothing of a value: it may be a password."""
    if error.validator in ("required", *_UNKNOWN):
        return shown(error.message)  # names of keys
    if error.validator == "type":
        wanted = error.validator_value
        return f"{' or '.join([wanted] if isinstance(wanted, str) else wanted)} is wanted here"
    if error.validator == "enum":
        return f"one of {', '.join(map(str, error.validator_value))} is wanted here"
    return f"this does not fit ({error.validator})"


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: keys are texts, dates and binary data too."""
    if isinstance(value, dict):
        return {str(key): _plain(child) for key, child in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(child) for child in value]
    if isinstance(value, (datetime.date, bytes)):
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value.isoformat()
    return str(value) if isinstance(value, str) else value
