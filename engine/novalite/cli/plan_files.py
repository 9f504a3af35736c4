# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans on disk: read with their digest verified, written so that only the owner reads them."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import attrs

from novalite.errors import NovaliteError, PlanUnreadable
from novalite.plan.file import document_from_json, plan_from_dict, seal, summary

if TYPE_CHECKING:
    from pathlib import Path

    from novalite.model.plan import Plan


@attrs.frozen(slots=True)
class StoredPlan:
    """A plan with its bytes and their digest: a newer minor's bytes hold more than we read."""

    plan: Plan
    digest: str
    content: bytes
    summary: dict[str, int]


def stored(plan: Plan) -> StoredPlan:
    """Return a plan just made, as it would be stored."""
    content, digest = seal(plan)
    return StoredPlan(plan, digest, content, summary(plan))


def load_plan(path: Path) -> StoredPlan:
    """Return the plan in a file. Raises: PlanUnreadable; NovaliteError where there is no such file."""
    again = f"novalite plan -o {shlex.quote(str(path))}"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NovaliteError(f"{path}: {error.strerror or error}", proceed=again) from error
    try:
        document = document_from_json(content)
        plan = plan_from_dict(document)
        return StoredPlan(plan, str(document["digest"]), content, dict(document.get("summary") or {}))
    except PlanUnreadable as error:
        raise PlanUnreadable(f"{path}: {error.message}", proceed=again) from error


def dump_plan(content: bytes, path: Path) -> None:
    """Write a plan's bytes, 0600: user data is in it."""
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(content)
    except OSError as error:
        raise NovaliteError(f"cannot write {path}: {error.strerror or error}", proceed="name another file") from error
