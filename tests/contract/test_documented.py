# SPDX-License-Identifier: GPL-3.0-or-later
"""What users can meet is written down: commands, error ids, modules, plugins, playbooks, roles, suites."""

from __future__ import annotations

import ast
import importlib
import re
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml

from contract.layers import COLLECTION, ENGINE, PLUGINS, TOP, engine_files
from novalite import errors
from novalite.cli.group import COMMANDS, cli
from novalite.plan import problems as plan_problems
from novalite.problem_ids import CATALOGUE as FLEET_CATALOGUE
from novalite.spec import ids

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = {**plan_problems.CATALOGUE, **FLEET_CATALOGUE}
BOOKS = [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))]
ID = re.compile(r"\bNV[0-9]{4}\b")


def commands(group: click.Group, prefix: tuple[str, ...] = ()) -> dict[tuple[str, ...], click.Command]:
    """Return every command and command of a command, by its words."""
    found: dict[tuple[str, ...], click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            found.update(commands(command, (*prefix, name)))
        else:
            found[(*prefix, name)] = command
    return found


ALL = commands(cli)


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_command_has_help_and_every_option_too(words: tuple[str, ...]) -> None:
    command = ALL[words]
    assert (command.help or "").strip()
    assert not [
        option.name for option in command.params if isinstance(option, click.Option) and not (option.help or "").strip()
    ]


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_command_is_in_a_book(words: tuple[str, ...]) -> None:
    text = "\n".join(book.read_text(encoding="utf-8") for book in BOOKS)
    assert f"novalite {' '.join(words)}" in text


def test_every_command_has_a_file_of_its_name() -> None:
    assert not [name for name in COMMANDS if not (ENGINE / "novalite" / "cli" / f"{name}.py").is_file()]


def used_ids() -> dict[str, str]:
    """Return every id that the engine says, and a file that says it; docstrings and the catalogues do not count."""
    found = {}
    for path in engine_files():
        if path.name in ("problem_ids.py", "problems.py", "problems_acts.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and ID.fullmatch(node.value):
                found[node.value] = str(path.relative_to(TOP))
    return found


def test_every_problem_id_is_in_the_catalogue() -> None:
    said = used_ids()
    said.update(
        {value: "spec/ids.py" for name, value in vars(ids).items() if name.isupper() and isinstance(value, str)}
    )
    said.update({value: "plan/problems.py" for value in vars(plan_problems).values() if ID.fullmatch(str(value))})
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    said.update({kind.error_id: "errors.py" for kind in classes if issubclass(kind, errors.NovaliteError)})
    assert not {name: path for name, path in said.items() if name not in CATALOGUE and name != "NV0000"}


def test_ids_of_a_fleet_are_given_once() -> None:
    values = [value for name, value in vars(ids).items() if name.isupper() and isinstance(value, str)]
    assert len(values) == len(set(values))
    assert not set(plan_problems.CATALOGUE) & set(FLEET_CATALOGUE)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_an_id_is_explained_in_sentences(name: str) -> None:
    title, text = CATALOGUE[name]
    assert title
    assert title[0].islower() or title[0].isupper()
    assert not title.endswith(".")
    assert len(text) > 20
    assert text.rstrip().endswith((".", "?", "`"))


def module_names() -> list[str]:
    return sorted(path.stem for path in (PLUGINS / "modules").glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", module_names())
def test_module_is_documented(name: str) -> None:
    source = (PLUGINS / "modules" / f"{name}.py").read_text(encoding="utf-8")
    texts = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper()
        if isinstance(node.value, ast.Constant)
    }
    described = yaml.safe_load(texts["DOCUMENTATION"])
    assert described["module"] == name
    assert described["short_description"]
    assert yaml.safe_load(texts["EXAMPLES"])
    assert yaml.safe_load(texts["RETURN"])


def plugins_of(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((PLUGINS / room).glob("*.py")) if path.stem != "__init__"]


def test_what_the_collection_offers_is_in_its_readme() -> None:
    text = (COLLECTION / "README.md").read_text(encoding="utf-8")
    names = [path.stem for path in plugins_of("modules", "inventory")]
    names += [path.stem for path in (COLLECTION / "playbooks").glob("*.yml")]
    names += [path.name for path in (COLLECTION / "roles").iterdir() if path.is_dir()]
    assert not [name for name in names if f"`{name}`" not in text]


def test_every_action_has_a_module_that_documents_it() -> None:
    assert {path.stem for path in plugins_of("action")} <= set(module_names())


@pytest.mark.parametrize("role", sorted(path.name for path in (COLLECTION / "roles").iterdir() if path.is_dir()))
def test_role_variables_are_in_three_places(role: str) -> None:
    folder = COLLECTION / "roles" / role
    read: Any = lambda path: yaml.safe_load((folder / path).read_text(encoding="utf-8"))  # noqa: E731
    options = read("meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults = read("defaults/main.yml")
    assert {name: option["default"] for name, option in options.items()} == defaults
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert not [name for name in options if f"`{name}`" not in readme]


def test_every_public_function_of_the_engine_says_what_it_is_for() -> None:
    """ruff holds D1 too; this holds that the first line is a sentence."""
    poor = []
    for path in engine_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                text = ast.get_docstring(node)
                if text is not None and len(text.split()) < 2:
                    poor.append(f"{path.relative_to(TOP)}: {text}")
    assert not poor


def test_the_command_imports() -> None:
    for name in COMMANDS:
        assert importlib.import_module(f"novalite.cli.{name}").command.name == name
