# SPDX-License-Identifier: GPL-3.0-or-later
"""An Ignition config -> what keeps it from being one. Pure.

Source: github.com/coreos/ignition, config/config.go (Parse: JSON, then ignition.version by table) and the versions that
its documentation lists as stable.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from novalite.spec import ids
from novalite.spec.seed.finding import WARNING, Finding
from novalite.spec.suggest import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

_LAST_OF = {2: 4, 3: 5}  # major version -> last minor version that is known here
_SECTIONS = frozenset(["ignition", "storage", "systemd", "passwd", "networkd", "kernelArguments"])


def check_ignition(text: str) -> Iterator[Finding]:
    """Yield what is wrong with the text of an Ignition config."""
    try:
        value = json.loads(text, object_pairs_hook=_pairs)
    except _Doubled as error:
        yield Finding(ids.IGNITION, f'"{shown(str(error))}" stands twice: Ignition stops the boot', line=1)
        return
    except json.JSONDecodeError as error:
        yield Finding(ids.IGNITION, f"not JSON: {error.msg.lower()}", line=error.lineno, column=error.colno)
        return
    except RecursionError:
        yield Finding(ids.IGNITION, "not JSON: nested too deeply", line=1)
        return
    yield from check_ignition_value(value)


class _Doubled(ValueError):
    """A key that stands twice."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _Doubled(next(key for key in keys if keys.count(key) > 1))
    return found


def check_ignition_value(value: Any) -> Iterator[Finding]:
    """Yield what is wrong with an Ignition config as a value."""
    held = value.get("ignition") if isinstance(value, dict) else None
    if not isinstance(held, dict) or not isinstance(held.get("version"), str):
        yield Finding(ids.IGNITION, "ignition.version is missing", ("ignition",), line=0, help="write 3.4.0")
        return
    found = re.fullmatch(r"([0-9]+)\.([0-9]+)\.([0-9]+)(-experimental)?", held["version"])
    major, minor = (int(found[1]), int(found[2])) if found else (0, 0)
    path = ("ignition", "version")
    if major not in _LAST_OF:
        summary = f"version {shown(held['version'])} of Ignition is not known (2.x.0 and 3.x.0 are)"
        yield Finding(ids.IGNITION, summary, path)
    elif minor > _LAST_OF[major] or (found and found[4]):
        summary = f"version {shown(held['version'])} is newer than what is known here: old images stop at it"
        yield Finding(ids.IGNITION, summary, path, severity=WARNING)
    for key in value:
        if key not in _SECTIONS:
            yield Finding(
                ids.IGNITION, f'Ignition has no section "{shown(key)}"', (key,), of_key=True, severity=WARNING
            )
