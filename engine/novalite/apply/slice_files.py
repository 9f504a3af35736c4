# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan -> a folder with one small file for each host and wave: what the action ``steps`` reads. Writes files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from novalite.apply.slices import slice_for

if TYPE_CHECKING:
    from pathlib import Path


def write_slices(folder: Path, content: bytes, **run: object) -> None:
    """Write each host's part of a plan as WAVE/HOST.json, so that a large plan is not read once for each host.

    ``run`` are arguments of the action ``steps`` that are the same for all hosts of this run.
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
                needed = {step["image"]["sha256"] for step in found["steps"] if step["action"] == "image"}
                images = {sha256: document["images"][sha256] for sha256 in needed}
                text = json.dumps({"slice": found, "images": images, "run": run})
                (folder / str(number) / f"{host}.json").write_text(text, encoding="utf-8")
