# SPDX-License-Identifier: GPL-3.0-or-later
"""The house: which room a line belongs in, and what that room must never know."""

from __future__ import annotations

import ast
import graphlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from contract.layers import (
    COLLECTION,
    COLLECTION_PACKAGE,
    ENGINE,
    ENGINE_MAY,
    IMPURE,
    MODULE_UTILS,
    OUTSIDE_MAY,
    PLUGINS,
    PURE,
    TOP,
    collection_files,
    dotted,
    engine_files,
    imports,
    is_standard,
    python_files,
)

if TYPE_CHECKING:
    from pathlib import Path

FILE_LINES = 300
FUNCTION_LINES = 60


def room_of(name: str) -> str:
    """Return the package of the engine that a dotted name is in: novalite.plan.file -> plan."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


def known(module: str) -> str:
    """Return the file-like name of what was imported: a function's name is cut off."""
    while module and not (
        (ENGINE / module.replace(".", "/")).is_dir() or (ENGINE / (module.replace(".", "/") + ".py")).is_file()
    ):
        module = module.rpartition(".")[0]
    return module


def say(path: Path) -> str:
    return str(path.relative_to(TOP))


def test_every_room_of_the_engine_is_in_the_table() -> None:
    rooms = {room_of(dotted(path)) for path in engine_files()} - {""}
    assert not rooms - set(ENGINE_MAY), "write down what the new room may import"
    assert not rooms - set(OUTSIDE_MAY)


def engine_trespasses(path: Path) -> list[str]:
    name = dotted(path)
    room = room_of(name)
    may = ENGINE_MAY.get(room, set()) | ENGINE_MAY.get(".".join(name.split(".")[1:]), set()) | {room}
    found = []
    for one in imports(path):
        if not one.module.startswith("novalite."):
            continue
        target = known(one.module).removeprefix("novalite").lstrip(".")
        if target and "*" not in may and target not in may and target.split(".")[0] not in may:
            found.append(f"{say(path)}:{one.line}: {room or name} must not know {target}")
    return found


def outside_trespasses(path: Path) -> list[str]:
    room = room_of(dotted(path))
    may = OUTSIDE_MAY.get(room, set())
    return [
        f"{say(path)}:{one.line}: {room} must not know {one.module.split('.')[0]}"
        for one in imports(path)
        if not is_standard(one.module) and not one.module.startswith("novalite.") and one.module != "novalite"
        if one.module.split(".")[0] not in may
    ]


def test_engine_imports_what_its_room_may_know() -> None:
    assert not [line for path in engine_files() for line in engine_trespasses(path)]


def test_engine_imports_of_libraries() -> None:
    assert not [line for path in engine_files() for line in outside_trespasses(path)]


@pytest.mark.parametrize(("package", "door"), [("ansible_collections", "shared.py"), ("ansible_runner", "playbook.py")])
def test_one_door(package: str, door: str) -> None:
    users = {say(path) for path in engine_files() if any(one.module.split(".")[0] == package for one in imports(path))}
    assert users == {f"engine/novalite/{door}"}


def test_pure_rooms_import_nothing_that_touches_the_world() -> None:
    found = [
        f"{say(path)}:{one.line}: {one.module}"
        for path in engine_files()
        if (room := room_of(dotted(path))) in PURE and path.stem not in PURE[room]
        for one in imports(path)
        if one.runtime and one.module.split(".")[0] in IMPURE
    ]
    assert not found


def test_pure_rooms_never_open_files() -> None:
    found = [
        f"{say(path)}:{node.lineno}: {ast.unparse(node.func)}"
        for path in engine_files()
        if (room := room_of(dotted(path))) in PURE and path.stem not in PURE[room]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in ("open", "print", "input"))
            or (isinstance(node.func, ast.Attribute) and node.func.attr in ("read_text", "write_text", "now", "today"))
        )
    ]
    assert not found


def test_no_import_cycles() -> None:
    graph: dict[str, set[str]] = {}
    for path in engine_files():
        name = dotted(path)
        # A package's __init__ names its parts, and its parts live in it: only edges between files count.
        if path.name != "__init__.py":
            uses = {known(one.module) for one in imports(path) if one.runtime and one.at_import}
            graph[name] = {use for use in uses if use.startswith("novalite.")} - {name}
    for path in python_files(PLUGINS):
        graph[dotted(path)] = {
            found for one in imports(path) if one.runtime for found in [collection_file(one.module)] if found
        }
    tuple(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError, which names the cycle


def collection_file(module: str) -> str:
    while module.startswith(COLLECTION_PACKAGE):
        if (TOP / "collections" / (module.replace(".", "/") + ".py")).is_file():
            return module
        module = module.rpartition(".")[0]
    return ""


# ---- the collection ----------------------------------------------------------------------------------------

COLLECTION_MAY = {
    "module_utils": (),
    "modules": ("ansible.module_utils",),
    "doc_fragments": (),
    "plugin_utils": ("ansible",),
    "action": ("ansible", "novalite"),
    "inventory": ("ansible", "novalite"),
    "callback": ("ansible",),
    "filter": ("ansible",),
}
# Third-party imports of hosts: each has one door, and is imported when it is used.
HOST_DOORS = {"libvirt": "libvirt_connection.py", "libvirt_qemu": "libvirt_connection.py", "pycdlib": "iso.py"}


def test_collection_imports_what_its_room_may_know() -> None:
    found = []
    for path in collection_files():
        room = path.relative_to(PLUGINS).parts[0]
        may = COLLECTION_MAY[room]
        for one in imports(path):
            top = one.module.split(".")[0]
            ours = one.module.startswith(f"{COLLECTION_PACKAGE}.plugins.module_utils")
            beside = room in ("action", "inventory") and one.module.startswith(
                f"{COLLECTION_PACKAGE}.plugins.plugin_utils"
            )
            allowed = any(one.module == name or one.module.startswith(name + ".") for name in may)
            if not (is_standard(one.module) or ours or beside or allowed or HOST_DOORS.get(top) == path.name):
                found.append(f"{say(path)}:{one.line}: {room} must not know {one.module}")
    assert not found


@pytest.mark.parametrize(("package", "door"), HOST_DOORS.items())
def test_one_door_to_what_hosts_may_lack(package: str, door: str) -> None:
    users = {
        path.name for path in collection_files() if any(one.module.split(".")[0] == package for one in imports(path))
    }
    assert users <= {door}


def test_module_utils_import_with_the_standard_library_alone() -> None:
    """Source: hosts have Python >= 3.8 and nothing of ours but what Ansible ships."""
    modules = [dotted(path) for path in python_files(MODULE_UTILS)]
    program = (
        "import sys, importlib\n"
        f"sys.path.insert(0, {str(TOP / 'collections')!r})\n"
        f"for name in {modules!r}:\n"
        "    importlib.import_module(name)\n"
        "outside = {'libvirt', 'pycdlib', 'ansible', 'novalite', 'attr', 'yaml'} & set(sys.modules)\n"
        "sys.exit('imported: %s' % sorted(outside) if outside else 0)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program], capture_output=True, text=True, check=False, cwd=os.sep
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("room", ["module_utils", "modules", "doc_fragments"])
def test_what_runs_on_hosts_is_written_for_python_3_8(room: str) -> None:
    for path in python_files(PLUGINS / room):
        ast.parse(path.read_text(encoding="utf-8"), say(path), feature_version=(3, 8))


def test_upper_levels_of_the_collection_stay_namespaces() -> None:
    folders = [COLLECTION, COLLECTION.parent, COLLECTION.parent.parent]
    assert not [folder for folder in folders if (folder / "__init__.py").exists()]


# ---- sizes -------------------------------------------------------------------------------------------------


def test_files_are_short() -> None:
    lengths = {say(path): len(path.read_text("utf-8").splitlines()) for path in engine_files() + collection_files()}
    assert not {path: length for path, length in lengths.items() if length > FILE_LINES}


def test_functions_are_short() -> None:
    found = [
        f"{say(path)}:{node.lineno}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in engine_files() + collection_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
    ]
    assert not found


def test_no_file_is_named_after_the_whole() -> None:
    vague = {"core", "utils", "util", "helpers", "helper", "manager", "common", "misc", "base"}
    nova = {"engine/novalite/schedule/filters/core.py"}  # CoreFilter
    assert not {say(path) for path in engine_files() + collection_files() if path.stem in vague} - nova


def test_packages_are_two_levels_deep() -> None:
    assert not [say(path) for path in engine_files() if len(path.relative_to(ENGINE / "novalite").parts) > 3]
