# SPDX-License-Identifier: GPL-3.0-or-later
"""Where values of secrets come from; and that no complaint tells any of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.novalite.compute.plugins.module_utils.secret_sources import (
    SecretUnreadable,
    fingerprint,
    key_from_environment,
    label,
    resolve,
    resolve_all,
)

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-of-the-readers"
VAULT = {"db": CANARY, "number": 123, "empty": ""}


def command(program: str) -> dict[str, Any]:
    return {"command": [sys.executable, "-c", program]}


GOOD: list[tuple[dict[str, Any], str]] = [
    ({"env": "GIVEN"}, " as it is\n"),
    ({"file": "good", "path": "good"}, CANARY + "\n"),  # one end of a line is taken off
    ({"file": "windows", "path": "windows"}, "two\nlines"),
    ({"vault": "v.yml", "key": "db", "path": "v.yml"}, CANARY),
    (command("print('said', end='')"), "said"),
    (command("import sys; print(sys.stdin.read() + '$HOME {{ x }}')"), "$HOME {{ x }}"),
]
ALLOWED = {"GIVEN": " as it is\n", "EMPTY": "", "BYTES": CANARY + "\udcff", "NOVALITE_SECRET_COMMANDS": "1"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good").write_text(CANARY + "\n\n")
    (tmp_path / "windows").write_bytes(b"two\nlines\r\n")
    (tmp_path / "binary").write_bytes(CANARY.encode() + b"\xff")
    (tmp_path / "long").write_bytes(CANARY.encode() * 10_000)
    return tmp_path


@pytest.mark.parametrize(("reference", "value"), GOOD)
def test_values(folder: Path, reference: dict[str, Any], value: str) -> None:
    assert resolve(reference, lambda _path: VAULT, ALLOWED) == value


BAD: list[tuple[dict[str, Any], str]] = [
    ({"env": "GONE"}, "secret env:GONE: the environment has no such variable"),
    ({"env": "EMPTY"}, "secret env:EMPTY: it is empty"),
    ({"env": "BYTES"}, "secret env:BYTES: not UTF-8"),
    ({"file": "x/gone", "path": "gone"}, "secret file:x/gone: cannot be read: no such file or directory"),
    ({"file": "here", "path": "."}, "secret file:here: cannot be read: is a directory"),
    ({"file": "binary", "path": "binary"}, "secret file:binary: not UTF-8; secrets are texts (base64 is one)"),
    ({"file": "long", "path": "long"}, "secret file:long: longer than 65536 bytes"),
    ({"vault": "v.yml", "key": "gone", "path": "v.yml"}, "secret vault:v.yml#gone: the file has no such key"),
    (
        {"vault": "v.yml", "key": "number", "path": "v.yml"},
        "secret vault:v.yml#number: not a text: write it between quotes",
    ),
    ({"vault": "v.yml", "key": "empty", "path": "v.yml"}, "secret vault:v.yml#empty: it is empty"),
    ({"command": ["/nowhere/at/all"]}, "secret command:/nowhere/at/all: the command cannot be run: no such file"),
    (command(f"import sys; print('{CANARY}'); sys.exit(3)"), "the command ended with status 3"),
    (command(f"import os; os.write(1, b'{CANARY}' + bytes([255]))"), "not UTF-8"),
]


@pytest.mark.parametrize(("reference", "words"), BAD)
def test_complaints_tell_no_value(folder: Path, reference: dict[str, Any], words: str) -> None:
    with pytest.raises(SecretUnreadable) as raised:
        resolve(reference, lambda _path: VAULT, ALLOWED)
    assert words in str(raised.value)
    assert CANARY not in str(raised.value).replace(label(reference), "")
    assert raised.value.__cause__ is None


def test_a_command_is_not_run_unless_allowed(folder: Path) -> None:
    reference = command("open('ran', 'w')")
    for environ in ({}, {"NOVALITE_SECRET_COMMANDS": "yes"}):
        with pytest.raises(SecretUnreadable, match="NOVALITE_SECRET_COMMANDS=1"):
            resolve(reference, lambda _path: VAULT, environ)
    assert not (folder / "ran").exists()


def test_all_complaints_at_once(folder: Path) -> None:
    references = {"t1": {"env": "GIVEN"}, "t2": {"env": "GONE"}, "t3": {"env": "EMPTY"}}
    values, complaints = resolve_all(references, lambda _path: VAULT, ALLOWED)
    assert values == {"t1": " as it is\n"}
    assert len(complaints) == 2


def test_a_key_comes_from_a_variable_or_a_file(folder: Path) -> None:
    assert key_from_environment({}) is None
    assert key_from_environment({"NOVALITE_SECRETS_KEY": "k"}) == b"k"
    assert key_from_environment({"NOVALITE_SECRETS_KEY_FILE": "good"}) == CANARY.encode() + b"\n"
    with pytest.raises(SecretUnreadable, match="NOVALITE_SECRETS_KEY_FILE: cannot be read"):
        key_from_environment({"NOVALITE_SECRETS_KEY_FILE": "gone"})


def test_fingerprints_depend_on_key_secret_and_value() -> None:
    made = {fingerprint(key, token, value) for key in (b"k", b"l") for token in ("t", "u") for value in ("a", "b")}
    assert len(made) == 8
    assert {one.partition("-")[0] for one in made} == {fingerprint(key, "t", "a")[:4] for key in (b"k", b"l")}
