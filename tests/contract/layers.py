# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may import whom (ARCHITECTURE.md), and the reader of Python files that the contract tests share."""

from __future__ import annotations

import ast
import functools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(__file__).resolve().parents[2]
ENGINE = TOP / "engine"
COLLECTION = TOP / "collections" / "ansible_collections" / "novalite" / "compute"
PLUGINS = COLLECTION / "plugins"
MODULE_UTILS = PLUGINS / "module_utils"
COLLECTION_PACKAGE = "ansible_collections.novalite.compute"

# Package of the engine -> what of the engine it may import. A dotted entry is one module, another its whole package.
ENGINE_MAY = {
    "errors": {"problem"},
    "problem": set(),
    "problem_ids": {
        "problem",
        "problem_ids_adoption",
        "problem_ids_birth",
        "problem_ids_changes",
        "problem_ids_drift",
        "problem_ids_guest",
        "problem_ids_hardware",
        "problem_ids_scheduler",
        "problem_ids_secrets",
        "problem_ids_seeds",
    },
    "problem_ids_adoption": set(),
    "problem_ids_birth": set(),
    "problem_ids_changes": set(),
    "problem_ids_drift": set(),
    "problem_ids_guest": set(),
    "problem_ids_hardware": set(),
    "problem_ids_scheduler": set(),
    "problem_ids_secrets": set(),
    "problem_ids_seeds": set(),
    "resources": set(),
    "shared": set(),
    "playbook": {"resources", "errors", "private_folder"},
    "private_folder": set(),
    "model": {"shared", "errors", "problem"},
    "spec": {"model", "problem", "problem_ids", "resources", "errors", "shared"},
    "observe": {"model", "problem", "problem_ids", "errors", "shared"},
    "observe.collect": {"playbook"},
    "observe.one": {"playbook"},
    "diff": {"model", "shared", "problem", "problem_ids"},
    "schedule": {"model", "shared"},
    "plan": {"model", "diff", "schedule", "shared", "problem", "problem_ids", "errors"},
    "render": {"model", "problem", "problem_ids", "shared"},
    "adopt": {"model", "errors", "shared"},
    "adopt.collect": {"playbook"},
    "apply": {"model", "plan.file", "errors", "problem", "shared"},
    "apply.run": {"playbook", "private_folder"},
    "cli": {"*"},
}

# What only some may import from outside, besides the standard library.
OUTSIDE_MAY = {
    "model": {"attrs"},
    "errors": set(),
    "problem": {"attrs"},
    "problem_ids": {"attrs"},
    "problem_ids_adoption": set(),
    "problem_ids_birth": set(),
    "problem_ids_changes": set(),
    "problem_ids_drift": set(),
    "problem_ids_guest": set(),
    "problem_ids_hardware": set(),
    "problem_ids_scheduler": set(),
    "problem_ids_secrets": set(),
    "problem_ids_seeds": set(),
    "private_folder": set(),
    "resources": set(),
    "shared": {"ansible_collections"},
    "playbook": {"attrs", "ansible_runner"},
    "spec": {"attrs", "ruamel", "_ruamel_yaml", "yaml", "jsonschema", "jsonschema_rs", "referencing"},
    "observe": {"attrs"},
    "diff": {"attrs"},
    "schedule": {"attrs", "numpy", "ortools"},
    "plan": {"attrs", "numpy"},
    "render": {"attrs", "rich"},
    "adopt": {"attrs", "yaml"},
    "apply": {"attrs"},
    "cli": {"attrs", "click", "rich", "ansible"},
}

# Layers that are pure as a whole (ARCHITECTURE.md, invariants), and those with named exceptions.
PURE = {
    "model": set(),
    "diff": set(),
    "schedule": set(),
    "render": set(),
    "plan": {"file"},
}
IMPURE = {
    "os",
    "pathlib",
    "io",
    "time",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "tempfile",
    "shutil",
    "sqlite3",
    "uuid",
}


@dataclass(frozen=True)
class Import:
    """One imported module, by its absolute name, and the line that does it."""

    module: str
    line: int
    runtime: bool  # not only under ``if TYPE_CHECKING``
    at_import: bool  # not inside a function


def python_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def engine_files() -> list[Path]:
    return python_files(ENGINE / "novalite")


def collection_files() -> list[Path]:
    return python_files(PLUGINS)


def dotted(path: Path) -> str:
    """Return the import name of a file of the engine or the collection."""
    root = ENGINE if ENGINE in path.parents else TOP / "collections"
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def imports(path: Path) -> list[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return list(_imports(tree, path, runtime=True, at_import=True))


def _imports(node: ast.AST, path: Path, *, runtime: bool, at_import: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, runtime, at_import)
        elif isinstance(child, ast.ImportFrom):
            base = _base(child, path)
            for alias in child.names:
                yield Import(f"{base}.{alias.name}", child.lineno, runtime, at_import)
        elif isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for part in child.body:
                yield from _imports(ast.Module([part], []), path, runtime=False, at_import=at_import)
            for part in child.orelse:
                yield from _imports(ast.Module([part], []), path, runtime=runtime, at_import=at_import)
        else:
            inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from _imports(child, path, runtime=runtime, at_import=at_import and not inside)


def _base(node: ast.ImportFrom, path: Path) -> str:
    if not node.level:
        return node.module or ""
    package = dotted(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    package = package[: len(package) - node.level + 1]
    return ".".join([*package, *([node.module] if node.module else [])])


def is_standard(module: str) -> bool:
    return module.split(".")[0] in sys.stdlib_module_names or module.startswith("__future__")
