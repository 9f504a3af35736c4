# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of fields as a page for people: docs/fields.md. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novalite.diff.fields import COLUMNS, VERSION, FieldClass, parts, rows
from novalite.diff.fields_by_key import RULES
from novalite.diff.limits import SAID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.diff.fields import Classes

_HEAD = """\
# What a change of each field costs

Version {version} of the table. It is made of `engine/novalite/diff/fields.py`, and so are the plans: every field of an
instance has exactly one class for each power state.

| class | what it takes |
| --- | --- |
| in place | only our mark on the domain changes: nobody notices |
| placement | the same, provided that the instance may stay on its host |
| hot | done while it runs, and kept for its next start |
| hot within limits | hot as far as the limit in the last column goes |
| cold | defined now, true after the next power cycle: *pending restart* until then; where it is off, done |
| restart | the fleet asks for a restart: that is what is done |
| rebuild | identity, addresses, ephemeral disk and swap stay, the root disk is made anew; `--max-disruption rebuild` |
| replace | what is on a disk would be lost: refused, with what to do instead |
| never | its identity |

A suspended guest goes on with the hardware that it was saved with; a sleeping one counts as paused. One that crashed
is in ERROR: nothing but its power, or a rebuild, changes it.

## Fields
"""
_KEYS = """
## Extra specs and image properties

By key; the first rule that fits holds.
"""
_PARTS = """
## What comes and goes as a whole, and what was changed on the host by hand

What somebody changed on the host is put back at the cost that is said here for its path, and the plan says so.
"""


def fields_document() -> str:
    """Return the whole page."""
    fields = ((row.path, row.classes, row.reason, row.limit) for row in rows())
    wholes = ((row.path, row.classes, row.reason, row.limit) for row in parts())
    text = _HEAD.format(version=VERSION) + _table("field", fields)
    for section, name in (("flavor.extra_specs", "extra spec"), ("image.properties", "image property")):
        keyed = ((rule.keys, rule.classes, rule.reason, rule.limit) for rule in RULES if rule.section == section)
        text += (_KEYS if name == "extra spec" else "") + _table(name, keyed)
    return text + _PARTS + _table("part", wholes)


def _table(name: str, lines: Iterable[tuple[str, Classes, str, str]]) -> str:
    found = [f"| {name} | {' | '.join(COLUMNS)} | why, and limits |", "| --- " * (len(COLUMNS) + 2) + "|"]
    for path, classes, reason, limit in lines:
        said = f"{reason}. {SAID[limit]}" if limit else reason
        found.append(f"| {path} | {' | '.join(map(_class, COLUMNS, classes))} | {said} |")
    return "\n" + "\n".join(found) + "\n"


def _class(column: str, kind: FieldClass) -> str:
    is_limited = kind is FieldClass.LIMITED and column in ("suspended", "off")
    return "cold within limits" if is_limited else kind.value
