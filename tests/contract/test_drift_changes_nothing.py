# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite drift`` cannot change anything: nothing that its imports reach, wherever they stand, knows how to."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from contract.layers import COLLECTION, ENGINE, TOP, dotted, imports

if TYPE_CHECKING:
    from pathlib import Path

FORBIDDEN = (
    "novalite.apply",
    "novalite.cli.carry_out",
    "novalite.cli.plan_files",
    "novalite.plan",
    "novalite.schedule",
)


def file_of(module: str) -> Path | None:
    """Return the file of a module, or of the module that has this name in it; None for what is not ours."""
    while module:
        for root in (ENGINE, TOP / "collections"):
            path = root / module.replace(".", "/")
            if path.with_suffix(".py").is_file():
                return path.with_suffix(".py")
            if (path / "__init__.py").is_file():
                return path / "__init__.py"
        module = module.rpartition(".")[0]
    return None


@functools.cache
def closure(start: str) -> dict[str, str]:
    """Return every module of ours that one imports, in functions too -> who imports it. Packages are run on the way."""
    found, waiting = {start: ""}, [start]
    while waiting:
        module = waiting.pop()
        path = file_of(module)
        assert path is not None, module
        for one in imports(path):
            target = file_of(one.module) if one.runtime else None
            names = [dotted(target)] if target is not None else []
            names += [name for name in names for name in packages(name)]
            for name in names:
                if name not in found:
                    found[name] = module
                    waiting.append(name)
    return found


def packages(module: str) -> list[str]:
    parts = module.split(".")
    above = [".".join(parts[:length]) for length in range(1, len(parts))]
    return [name for name in above if (ENGINE / name.replace(".", "/") / "__init__.py").is_file()]


def is_forbidden(module: str) -> bool:
    return any(module == name or module.startswith(name + ".") for name in FORBIDDEN)


def test_drift_reaches_nothing_that_plans_or_applies() -> None:
    found = closure("novalite.cli.drift")
    assert not {name: by for name, by in found.items() if is_forbidden(name)}
    assert {"novalite.diff.drift", "novalite.observe.collect", "novalite.playbook"} <= found.keys(), "it reads nothing"


@pytest.mark.parametrize("command", ["plan", "apply", "stop"])
def test_what_does_plan_or_apply_is_found_out(command: str) -> None:
    """The test above can fail: for other commands it would."""
    assert any(is_forbidden(name) for name in closure(f"novalite.cli.{command}"))


def test_the_only_playbook_that_drift_runs_is_observe() -> None:
    said = []
    for name in closure("novalite.cli.drift"):
        path = file_of(name)
        assert path is not None
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("playbook.run", "run") and node.args:
                said.append((name, ast.unparse(node.args[0])))
    assert said == [("novalite.observe.collect", "'observe'")]
    plays = yaml.safe_load((COLLECTION / "playbooks" / "observe.yml").read_text(encoding="utf-8"))
    modules = {key for play in plays for task in play["tasks"] for key in task if "." in key}
    assert modules == {"novalite.compute.host_info"}
    assert not any(key in play for play in plays for key in ("roles", "pre_tasks", "post_tasks", "handlers"))


def test_a_run_loads_nothing_that_plans_or_applies(tmp_path: Path) -> None:
    """Nor by a name that only exists at run time."""
    case = TOP / "tests" / "golden" / "drift_both"
    program = (
        "import sys\n"
        "from novalite.cli.main import run\n"
        f"status = run(['drift', {str(case / 'fleet')!r}, '--snapshot', {str(case / 'snapshot.json')!r}])\n"
        f"loaded = [name for name in sys.modules if name.startswith({FORBIDDEN!r})]\n"
        "assert not loaded, loaded\n"
        "sys.exit(status)\n"
    )
    environment = {"PYTHONPATH": ":".join(sys.path), "XDG_CACHE_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
    )
    assert ran.returncode == 0, ran.stderr
    assert "host change" in ran.stdout
