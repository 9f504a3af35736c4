# SPDX-License-Identifier: GPL-3.0-or-later
"""The way in: a path -> a fleet, or everything that is wrong with it."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from novalite import __version__
from novalite.problem import Problem, Where
from novalite.resources import schema_text
from novalite.spec.build import build_fleet, document_fingerprint
from novalite.spec.cache import Cache, fleet_key
from novalite.spec.read import DiskFiles, find_fleet_files, read_fleet_file, real_path, text_from_bytes
from novalite.spec.stored import declared_from_stored, stored_from_declared

if TYPE_CHECKING:
    from novalite.model.fleet import Fleet
    from novalite.spec.sources import Declared

Contents = list[tuple[str, bytes]]  # name as shown, bytes


def load_fleet(
    path: str | Path, *, cache_dir: Path | None = None, allow_outside: bool = False
) -> tuple[Fleet | None, list[Problem]]:
    """Return the fleet at a path (a file, or a folder of ``*.yml``), and all problems, sorted by place.

    The fleet is None where any problem is an error. ``cache_dir`` keeps what was parsed and the digests of images;
    without it everything is read again. ``allow_outside`` lets files lie outside of the fleet's folder.
    """
    was_enabled = gc.isenabled()
    gc.disable()  # everything that is allocated here lives on: looking for garbage in it costs a third of the time
    try:
        fleet, problems = _load(Path(path), Cache(cache_dir), allow_outside)
    finally:
        if was_enabled:
            gc.enable()
    return (None if _has_error(problems) else fleet), problems


def _has_error(problems: list[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def _load(path: Path, cache: Cache, allow_outside: bool) -> tuple[Fleet | None, list[Problem]]:
    paths, problems = find_fleet_files(path, allow_outside)
    contents: Contents = []
    for file in paths:
        content = read_fleet_file(file)
        if isinstance(content, Problem):
            problems.append(content)
        else:
            contents.append((str(file), content))
    is_whole = not _has_error(problems)
    if not contents:
        return None, problems
    root = real_path(path if path.is_dir() else path.parent)
    files = DiskFiles(root, allow_outside, cache)
    key = fleet_key(__version__, schema_text("fleet"), [(Path(name).name, content) for name, content in contents])
    stored = declared_from_stored(cache.get("fleet", key), contents)
    if stored is not None:
        declared, meaning = stored
    else:
        declared, found = _parse(contents, is_whole)
        if found or not is_whole:
            return None, _in_order(problems + found, declared, files)
        meaning = document_fingerprint(declared)
        cache.put("fleet", key, stored_from_declared(declared, meaning))
    fleet, found = build_fleet(declared, files, meaning)
    return fleet, _shown(problems + found, declared)


def _parse(contents: Contents, is_whole: bool) -> tuple[Declared, list[Problem]]:
    """Return what the files say, and what is wrong with it before anything is looked up."""
    from novalite.spec import ids
    from novalite.spec.merge import declared_from_texts
    from novalite.spec.validate import validate

    texts: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for name, content in contents:
        text = text_from_bytes(name, content)
        if isinstance(text, Problem):
            problems.append(text)
        else:
            texts.append((name, text))
    declared, found = declared_from_texts(texts)
    problems += found
    found = validate(declared)
    if problems or not is_whole:  # what is missing may stand in the file that could not be read
        found = [problem for problem in found if problem.id != ids.EMPTY_FLEET]
    return declared, problems + found


def _in_order(problems: list[Problem], declared: Declared, files: DiskFiles) -> list[Problem]:
    """Return the problems of a document that is refused already, with those of the rest of it."""
    from novalite.spec import ids
    from novalite.spec.prune import pruned

    if all(problem.pointer or problem.severity != "error" or problem.id == ids.EMPTY_FLEET for problem in problems):
        _, found = build_fleet(pruned(declared, problems), files, "")
        problems = problems + found
    return _shown(problems, declared)


def _shown(problems: list[Problem], declared: Declared) -> list[Problem]:
    """Return each problem once, by place, with the lines of text that show it."""
    lines = {source.name: source.text for source in declared.sources}
    split: dict[str, list[str]] = {}
    unique: dict[tuple[object, ...], Problem] = {}
    for problem in problems:
        unique.setdefault((problem.id, problem.where, problem.summary), problem)
    ordered = sorted(unique.values(), key=lambda problem: (problem.where or Where(""), problem.id, problem.summary))
    shown = []
    for problem in ordered:
        where = problem.where
        if where is not None and where.file in lines:
            text = split.setdefault(where.file, []) or split[where.file]
            if not text:
                text += lines[where.file].replace("\r\n", "\n").replace("\r", "\n").split("\n")
            numbers = range(max(where.line - 1, 1), min(where.line, len(text)) + 1)
            problem = attrs.evolve(problem, snippet=tuple((number, text[number - 1]) for number in numbers))
        shown.append(problem)
    return shown
