# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command: help that fits a screen, arguments, exit statuses, the shape of JSON."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import click
import pytest

from novalite.cli.group import COMMANDS, cli
from novalite.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

SNAPSHOT = {"format": "novalite.snapshot/1", "hosts": {}, "unknown": {"kvm-2": "unreachable: no route"}}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("NOVALITE_INVENTORY", "NOVALITE_DEBUG", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def every_command() -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        found[name] = command
        if isinstance(command, click.Group):
            for sub in command.list_commands(context):
                inner = command.get_command(context, sub)
                assert inner is not None
                found[f"{name} {sub}"] = inner
    return found


@pytest.mark.parametrize("name", ["", *every_command()])
def test_help_fits_a_screen(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*name.split(), "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_what_the_command_says(name: str) -> None:
    assert every_command()[name].short_help == COMMANDS[name]


@pytest.mark.parametrize(
    "name", [name for name in every_command() if name not in ("host", "init", "render", "snapshot")]
)
def test_json_everywhere(name: str) -> None:
    assert "--json" in [option for parameter in every_command()[name].params for option in parameter.opts]


@pytest.mark.parametrize("words", [["plam"], ["plan", "--nope"], ["get"], ["plan", "--forks", "many"]])
def test_usage_errors_are_1(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 1
    assert capsys.readouterr().err


def test_did_you_mean(capsys: pytest.CaptureFixture[str]) -> None:
    run(["plam"])
    assert "Did you mean 'plan'?" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["plan"], ["apply"], ["destroy"], ["validate"], ["render", "web", "-o", "out"]])
def test_without_a_fleet_it_says_how_to_go_on(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 1
    error = capsys.readouterr().err
    assert "no fleet here" in error
    assert "to proceed: novalite init ." in error


def test_without_an_inventory(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["observe"]) == 1
    assert "no Ansible inventory at hosts.yml" in capsys.readouterr().err


def test_the_inventory_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOVALITE_INVENTORY", "elsewhere.yml")
    assert run(["observe"]) == 1
    assert "no Ansible inventory at elsewhere.yml" in capsys.readouterr().err


def snapshot_file(here: Path, document: dict[str, Any] = SNAPSHOT) -> str:
    path = here / "snapshot.json"
    path.write_text(json.dumps(document))
    return str(path)


@pytest.mark.parametrize(
    ("words", "schema"),
    [
        (["list"], "novalite.instances/1"),
        (["status"], "novalite.status/1"),
        (["host", "list"], "novalite.hosts/1"),
    ],
)
def test_unknown_hosts_are_6_and_json_names_its_schema(
    words: list[str], schema: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words, "--snapshot", snapshot_file(here), "--json"]) == 6
    document = json.loads(capsys.readouterr().out)
    assert document["format"] == schema
    assert document["unknown"] == {"kvm-2": "unreachable: no route"}
    assert run([*words, "--snapshot", snapshot_file(here)]) == 6
    captured = capsys.readouterr()
    assert "kvm-2" in captured.out + captured.err


def test_an_instance_that_may_be_on_an_unknown_host(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["get", "web-0", "--snapshot", snapshot_file(here)]) == 6
    assert "kvm-2: unreachable" in capsys.readouterr().err


def test_an_instance_that_is_nowhere(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = snapshot_file(here, {**SNAPSHOT, "unknown": {}})
    assert run(["get", "web-0", "--snapshot", path]) == 1
    assert "to proceed: novalite list" in capsys.readouterr().err


def test_history_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["history", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"format": "novalite.history/1", "applies": [], "steps": []}


def test_a_damaged_history_is_a_warning(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = here / ".local" / "state" / "novalite" / "history.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 100)
    assert run(["history"]) == 1
    assert "hosts are the truth" in capsys.readouterr().err


def test_init_writes_a_fleet_that_validates(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "shop"]) == 0
    assert run(["validate", "shop/fleet"]) == 0
    assert "2 instances" in capsys.readouterr().out
    assert run(["init", "shop"]) == 1
    assert "nothing was written" in capsys.readouterr().err


def test_render_needs_no_host(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["init", "shop"])
    assert run(["render", "web-0", "shop/fleet", "-o", "out"]) == 0
    assert "<domain" in (here / "out" / "domain.xml").read_text()
    meta = here / "out" / "config-drive" / "openstack" / "latest" / "meta_data.json"
    assert json.loads(meta.read_text())["meta"] == {"role": "web"}
    assert stat.S_IMODE(meta.stat().st_mode) == 0o600
    capsys.readouterr()
    assert run(["render", "web-9", "shop/fleet", "-o", "out"]) == 1
    assert "to proceed: novalite render web-" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("    config_drive: none\n", {"domain.xml", "metadata/openstack/latest/meta_data.json"}),
        ("    config_drive: vfat\n", {"domain.xml", "config-drive/openstack/latest/meta_data.json"}),
    ],
)
def test_render_shows_what_a_guest_is_told_otherwise(here: Path, line: str, files: set[str]) -> None:
    run(["init", "shop"])
    fleet = next(path for path in (here / "shop" / "fleet").rglob("*.yml") if "instances:" in path.read_text())
    fleet.write_text(fleet.read_text().replace("  web:\n", "  web:\n" + line))
    assert run(["render", "web-0", "shop/fleet", "-o", "out"]) == 0
    found = {str(path.relative_to(here / "out")) for path in (here / "out").rglob("*") if path.is_file()}
    assert {name for name in found if "/" not in name or name.endswith("openstack/latest/meta_data.json")} == files


def test_an_invalid_fleet_is_3_and_nothing_is_contacted(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "fleet.yml").write_text("novalite: 1\nproject: shop\ninstanses: {}\n")
    for words in (["validate"], ["plan"], ["apply", "--yes"]):
        assert run(words) == 3
        assert "fleet.yml:3" in capsys.readouterr().err
    assert run(["validate", "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["format"] == "novalite.problems/1"
    assert document["valid"] is False


@pytest.mark.parametrize("error_id", ["NV0001", "NV0005", "NV0012", "nv0012"])
def test_ids_are_explained(error_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", error_id]) == 0
    assert error_id.upper() in capsys.readouterr().out


def test_an_unknown_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "NV9999"]) == 1


def test_a_bug_is_reported_shortly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr("novalite.cli.look.fleet_path", broken)
    monkeypatch.setattr("novalite.cli.validate.fleet_path", broken)
    assert run(["validate"]) == 1
    error = capsys.readouterr().err
    assert "internal error: RuntimeError: nobody foresaw this" in error
    assert "Traceback" not in error
    assert "NOVALITE_DEBUG=1" in error
