# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan <-> novalite.plan/1: canonical JSON with a digest of everything else in it; and whether it still holds."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any

import attrs

from novalite.errors import PlanUnreadable
from novalite.model.change import SELDOM_ACTIONS
from novalite.model.plan import Plan, PlannedChange, Step
from novalite.problem import Problem, Where
from novalite.shared import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from novalite.model.observed import ObservedHost
    from novalite.model.snapshot import Snapshot

FORMAT = "novalite.plan"
MAJOR = 1
_BLANK = b'"' + b" " * len("sha256:") + b" " * 64 + b'"'  # as long as a digest
ACTIONS = ("create", "update", "rename", "start", "stop", "move", "delete", "orphan", "refused", "unknown", "conflict")
_SELDOM = (
    "pause",
    "unpause",
    "suspend",
    "resume",
    "reboot",
    "held",
    "pending",
    *(action.value for action in SELDOM_ACTIONS),
)

_ONLY_WHERE_SAID = ("batch", "goals", "moves", "rolling", "secrets", "waits", "what_if")  # most plans have none


def plan_to_dict(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON values, with format, summary and digest."""
    document = _document(plan)
    return {**document, "digest": canonical.fingerprint(document)}


def summary(plan: Plan) -> dict[str, int]:
    """Return how many changes of each kind there are, and how many instances need none."""
    counts = Counter(change.action for change in plan.changes)
    unplaced = sum(change.action == "create" and change.host is None for change in plan.changes)
    seldom = {action: counts[action] for action in _SELDOM if counts[action]}
    return {**{action: counts[action] for action in ACTIONS}, **seldom, "keep": plan.kept, "unplaced": unplaced}


def plan_to_json(plan: Plan) -> bytes:
    """Return the plan's one byte form, with a newline."""
    return seal(plan)[0]


def seal(plan: Plan) -> tuple[bytes, str]:
    """Return the plan's bytes and its digest: canonical JSON, serialised once for both."""
    out = io.BytesIO()
    digest, place = _write(plan, out.write)
    out.write(b"\n")
    out.seek(place)
    out.write(canonical.canonical_json(digest))
    return out.getvalue(), digest


def digest_of(plan: Plan) -> str:
    """Return the plan's digest: what a host remembers, so that it is applied once."""
    return _write(plan, len)[0]


def plan_from_json(text: str | bytes) -> Plan:
    """Return the plan in a file's text; raises PlanUnreadable."""
    return plan_from_dict(document_from_json(text))


def document_from_json(text: str | bytes) -> dict[str, Any]:
    """Return a plan file's JSON after its format and digest were checked; raises PlanUnreadable."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlanUnreadable(f"not a plan: {error}") from error
    check_document(document)
    return dict(document)


def check_document(document: object) -> None:
    """Raise PlanUnreadable unless this is a plan of a version that we read, exactly as it was made."""
    said = document.get("format") if isinstance(document, dict) else None
    name, _, version = said.partition("/") if isinstance(said, str) else ("", "", "")
    if not isinstance(document, dict) or name != FORMAT:
        raise PlanUnreadable(f"not a plan: the format is {said!r}"[:200])
    if version.partition(".")[0] != str(MAJOR):
        raise PlanUnreadable(f"the plan is {said}, this version reads {FORMAT}/{MAJOR}"[:200])
    rest = {key: value for key, value in document.items() if key != "digest"}
    try:
        fits = canonical.fingerprint(rest) == document.get("digest")
    except (ValueError, RecursionError) as error:
        raise PlanUnreadable(f"not a plan: {error}") from error
    if not fits:
        raise PlanUnreadable("the plan was changed after it was made: its digest does not fit its content")


def plan_from_dict(document: Mapping[str, Any]) -> Plan:
    """Return the plan that JSON values describe; fields that a newer minor added are left out."""
    try:
        return _plan(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PlanUnreadable(f"not a plan: {type(error).__name__}: {error}"[:300]) from error


def verify(plan: Plan, snapshot: Snapshot, *, digest: str | None = None) -> list[str]:
    """Return why the plan no longer holds, fact by fact; empty if it does.

    ``digest`` is that of the file it was read from (a newer minor's digest cannot be computed from what we read).
    """
    if plan.what_if:
        return [f"the plan is a what-if ({plan.what_if[0]}): it was never meant for these hosts"]
    known_digest = digest or digest_of(plan)
    names = {change.uuid: change.name for change in plan.changes if change.uuid}
    found: list[str] = []
    for name, relied in plan.relied.items():
        host = snapshot.hosts.get(name)
        if host is None:
            lost = snapshot.unknown.get(name)
            found.append(f"{name} is unknown: {lost.reason}" if lost else f"{name} is not among the hosts")
        else:
            found += _stale_facts(host, relied, known_digest, names)
    return found


def _stale_facts(host: ObservedHost, relied: Mapping[str, Any], digest: str, names: Mapping[str, str]) -> list[str]:
    if digest in host.applied:
        return [f"the plan was applied to {host.name} already"]
    found = []
    if relied["host"] is not None and relied["host"] != host.fingerprint:
        found.append(f"the capacity of {host.name}, or what is used of it, has changed")
    present = {item.uuid: item for item in (*host.instances, *(aside.item for aside in host.shelf))}
    for uuid, expected in relied["instances"].items():
        item = present.get(uuid)
        if item is None:
            found.append(f"{names.get(uuid, uuid)} is no longer on {host.name}")
        elif item.fingerprint != expected:
            found.append(f"{item.name} on {host.name} has changed")
    return found


def _document(plan: Plan) -> dict[str, Any]:
    document = _shallow(plan)
    document["changes"] = [_shallow(change) for change in plan.changes]
    document["waves"] = [[_shallow(step) for step in wave] for wave in plan.waves]
    document["problems"] = [attrs.asdict(problem) for problem in plan.problems]
    for key in _ONLY_WHERE_SAID:
        if not document[key]:
            del document[key]
    document["format"] = f"{FORMAT}/{MAJOR}"
    document["summary"] = summary(plan)
    return document


def _write(plan: Plan, write: Callable[[bytes], object]) -> tuple[str, int]:
    """Write the document piece by piece; return its digest, and where in it the digest belongs.

    A large plan is a dozen MB: it is neither held as values nor twice as text. The digest covers all but itself, and
    has a known length.
    """
    found = hashlib.sha256()
    written = place = 0
    for key, pieces in sorted([*_members(plan), ("digest", iter((_BLANK,)))], key=lambda member: member[0]):
        for piece in chain((b"," if written else b"{", canonical.canonical_json(key), b":"), pieces):
            place = written if piece is _BLANK else place
            written += len(piece)
            write(piece)
            if key != "digest":
                found.update(piece)
    write(b"}")
    found.update(b"}")
    return "sha256:" + found.hexdigest(), place


def _members(plan: Plan) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield each member of the document with its canonical JSON in pieces; the long lists item by item."""
    rest = {**_document(attrs.evolve(plan, changes=(), waves=())), "summary": summary(plan)}
    for key in rest.keys() - {"changes", "waves"}:
        yield key, iter((canonical.canonical_json(rest[key]),))
    yield "changes", _list(_items(plan.changes))
    yield "waves", _list(_list(_items(wave)) for wave in plan.waves)


def _items(values: Iterable[attrs.AttrsInstance]) -> Iterator[Iterator[bytes]]:
    return (iter((canonical.canonical_json(_shallow(value)),)) for value in values)


def _list(items: Iterable[Iterator[bytes]]) -> Iterator[bytes]:
    yield b"["
    for index, pieces in enumerate(items):
        if index:
            yield b","
        yield from pieces
    yield b"]"


def _shallow(value: attrs.AttrsInstance) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}


def _plan(document: Mapping[str, Any]) -> Plan:
    values = _known(Plan, document)
    values["changes"] = tuple(_change(item) for item in values["changes"])
    values["waves"] = tuple(tuple(_step(item) for item in wave) for wave in values["waves"])
    values["problems"] = tuple(_problem(item) for item in values.get("problems", ()))
    for key in ("assumed_empty", "what_if", "goals", "rolling", "waits"):
        values[key] = tuple(values.get(key, ()))
    return Plan(**values)


def _change(item: Mapping[str, Any]) -> PlannedChange:
    values = _known(PlannedChange, item)
    values["fields"] = tuple(values.get("fields", ()))
    values["destroys"] = tuple(values.get("destroys", ()))
    return PlannedChange(**values)


def _step(item: Mapping[str, Any]) -> Step:
    values = _known(Step, item)
    values["needs"] = tuple(values.get("needs", ()))
    return Step(**values)


def _problem(item: Mapping[str, Any]) -> Problem:
    values = _known(Problem, item)
    if values.get("where") is not None:
        values["where"] = Where(**_known(Where, values["where"]))
    values["related"] = tuple((label, Where(**_known(Where, place))) for label, place in values.get("related", ()))
    return Problem(**values)


def _known(kind: type[attrs.AttrsInstance], item: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in attrs.fields(kind)}
    return {key: value for key, value in item.items() if key in names}
