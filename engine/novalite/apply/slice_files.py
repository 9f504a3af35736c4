# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan -> a folder with one small file for each host and wave: what the action ``steps`` reads. Writes files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from novalite.apply.slices import slice_for

if TYPE_CHECKING:
    from pathlib import Path

Secrets = Mapping[str, Mapping[str, Any]]  # step id -> what only its host may know, such as a password


def write_slices(folder: Path, content: bytes, secrets: Secrets | None = None, **run: object) -> None:
    """Write each host's part of a plan as WAVE/HOST.json, so that a large plan is not read once for each host.

    ``run`` are arguments of the action ``steps`` that are the same for all hosts of this run. ``secrets`` are written
    into their steps here and nowhere else: the folder is private, and gone after the run.
    """
    document = json.loads(content)
    waves = document["waves"]
    by_host: dict[str, list[list[Any]]] = {}
    for number, steps in enumerate(waves):
        (folder / str(number)).mkdir(mode=0o700, parents=True)
        for step in steps:
            by_host.setdefault(step["host"], [[] for _ in waves])[number].append(step)
    for host, mine in by_host.items():
        part = {**document, "waves": mine}
        for number in range(len(waves)):
            found = slice_for(part, host, number)
            if found is not None:
                found["steps"] = [{**step, **(secrets or {}).get(step["id"], {})} for step in found["steps"]]
                needed = {step["image"]["sha256"] for step in found["steps"] if step["action"] == "image"}
                images = {sha256: document["images"][sha256] for sha256 in needed}
                text = json.dumps({"slice": found, "images": images, "run": run})
                (folder / str(number) / f"{host}.json").write_text(text, encoding="utf-8")
