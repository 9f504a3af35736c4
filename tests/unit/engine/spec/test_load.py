# SPDX-License-Identifier: GPL-3.0-or-later
"""From a path to a fleet: files, the cache, and what does not matter."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novalite.spec import ids
from novalite.spec.load import load_fleet

if TYPE_CHECKING:
    from novalite.model.fleet import Fleet

EXAMPLES = Path(__file__).parents[4] / "examples"
HEAD = "novalite: 1\nproject: shop\nflavors:\n  small: {vcpus: 1, ram: 512MiB, disk: 4GiB}\n"
IMAGE = "images:\n  disk: {source: disk.raw}\n"
WEB = "instances:\n  web: {flavor: small, image: disk}\n"


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "disk.raw").write_bytes(b"\0" * 600)
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return folder


def load(path: Path, **options: object) -> Fleet:
    fleet, problems = load_fleet(path, **options)  # type: ignore[arg-type]
    assert fleet is not None, problems
    return fleet


@pytest.mark.parametrize("name", ["minimal", "web-tier", "database", "rename", "anchors"])
def test_every_example_is_valid(name: str) -> None:
    fleet, problems = load_fleet(EXAMPLES / name / "fleet")
    assert problems == []
    assert fleet is not None
    assert fleet.instances


def test_a_fleet_may_have_no_instances(tmp_path: Path) -> None:
    assert load(write(tmp_path / "f", a="novalite: 1\nproject: shop\ninstances:\n")).instances == {}


def test_a_file_is_a_fleet_too(tmp_path: Path) -> None:
    folder = write(tmp_path / "f", a=HEAD + IMAGE + WEB)
    assert load(folder / "a.yml") == load(folder)


def test_a_byte_order_mark_is_allowed(tmp_path: Path) -> None:
    folder = write(tmp_path / "f", a="\ufeff" + HEAD)
    assert load(folder).project == "shop"
    assert load(folder, cache_dir=tmp_path / "c") == load(folder, cache_dir=tmp_path / "c")


def test_neither_files_keys_nor_folder_change_a_fleet(tmp_path: Path) -> None:
    whole = load(write(tmp_path / "one", a=HEAD + IMAGE + WEB))
    parts = load(write(tmp_path / "two", z=HEAD, b=IMAGE, m=WEB))
    lines = yaml_reversed(HEAD + IMAGE + WEB)
    turned = load(write(tmp_path / "three", a=lines))
    assert whole.fingerprint == parts.fingerprint == turned.fingerprint
    for other in (parts, turned):
        assert list(other.instances) == list(whole.instances)
        assert [each.to_spec("u", "d", []) for each in other.instances.values()] == [
            each.to_spec("u", "d", []) for each in whole.instances.values()
        ]


def yaml_reversed(text: str) -> str:
    sections: list[str] = []
    for line in text.splitlines(keepends=True):
        if line.startswith(" "):
            sections[-1] += line
        else:
            sections.append(line)
    return "".join(reversed(sections))


@pytest.mark.parametrize("change", ["image", "key", "user_data", "metadata"])
def test_what_a_named_file_holds_is_part_of_the_fingerprint(tmp_path: Path, change: str) -> None:
    folder = tmp_path / "f"
    shutil.copytree(EXAMPLES / "web-tier" / "fleet", folder)
    before = load(folder)
    blob = "AAAAC3NzaC1lZDI1NTE5AAAAI" + "B" * 43
    {
        "image": lambda: (folder / "images" / "bootsector.raw").write_bytes(b"x" * 512),
        "key": lambda: (folder / "keys" / "ops.pub").write_text(f"ssh-ed25519 {blob}"),
        "user_data": lambda: (folder / "files" / "web.cloud-config").write_text("#cloud-config\n"),
        "metadata": lambda: (folder / "web.yml").write_text((folder / "web.yml").read_text().replace("web}", "www}")),
    }[change]()
    assert load(folder).fingerprint != before.fingerprint


def test_a_comment_is_not_part_of_the_fingerprint(tmp_path: Path) -> None:
    before = load(write(tmp_path / "f", a=HEAD + IMAGE + WEB))
    after = load(write(tmp_path / "f", a="# hello\n" + HEAD + IMAGE + WEB))
    assert before.fingerprint == after.fingerprint


class TestCache:
    def test_a_second_read_gives_the_same(self, tmp_path: Path) -> None:
        for example in ("web-tier", "database", "anchors"):
            path = EXAMPLES / example / "fleet"
            cold, warm = (load(path, cache_dir=tmp_path / "c") for _ in range(2))
            assert cold == warm == load(path)
            assert [each.where for each in cold.instances.values()] == [each.where for each in warm.instances.values()]

    def test_entries_are_private_json(self, tmp_path: Path) -> None:
        load(write(tmp_path / "f", a=HEAD + IMAGE + WEB), cache_dir=tmp_path / "c")
        entries = [path for path in (tmp_path / "c").rglob("*") if path.is_file()]
        assert sorted(path.parent.name for path in entries) == ["fleet", "images"]
        for path in entries:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            json.loads(path.read_bytes())

    @pytest.mark.parametrize("rubbish", [b"", b"{", b"[]", b"\xff\xfe", b'{"format": 2}', b"[" * 50_000])
    def test_rubbish_counts_as_nothing(self, tmp_path: Path, rubbish: bytes) -> None:
        folder = write(tmp_path / "f", a=HEAD + IMAGE + WEB)
        before = load(folder, cache_dir=tmp_path / "c")
        for path in (tmp_path / "c").rglob("*"):
            if path.is_file():
                path.write_bytes(rubbish)
        assert load(folder, cache_dir=tmp_path / "c") == before

    @pytest.mark.parametrize("value", [None, 3, {}, {"value": {"a": {"b": 1}}, "places": [1], "meaning": "x"}])
    def test_an_entry_of_another_shape_counts_as_nothing(self, tmp_path: Path, value: object) -> None:
        folder = write(tmp_path / "f", a=HEAD + IMAGE + WEB)
        before = load(folder, cache_dir=tmp_path / "c")
        [path] = (tmp_path / "c" / "fleet").iterdir()
        path.write_text(json.dumps(json.loads(path.read_bytes()) | {"value": value}))
        assert load(folder, cache_dir=tmp_path / "c") == before

    def test_a_bad_fleet_is_not_kept(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "f", a=HEAD + "flavour: 1\n")
        assert load_fleet(folder, cache_dir=tmp_path / "c")[0] is None
        assert not (tmp_path / "c" / "fleet").exists()

    def test_problems_of_a_kept_fleet_have_their_places(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "f", a=HEAD + IMAGE + WEB.replace("small", "smal"))
        cold, warm = (load_fleet(folder, cache_dir=tmp_path / "c")[1] for _ in range(2))
        assert cold == warm
        assert [(problem.id, problem.where and problem.where.line) for problem in warm] == [(ids.DANGLING, 8)]

    def test_a_changed_image_is_seen(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "f", a=HEAD + IMAGE + WEB)
        before = load(folder, cache_dir=tmp_path / "c").instances["web"].image.sha256
        (folder / "disk.raw").write_bytes(b"\1" * 600)
        os.utime(folder / "disk.raw", ns=(1, 1))
        assert load(folder, cache_dir=tmp_path / "c").instances["web"].image.sha256 != before

    def test_a_place_that_cannot_be_written_does_no_harm(self, tmp_path: Path) -> None:
        (tmp_path / "c").write_text("a file")
        load(write(tmp_path / "f", a=HEAD + IMAGE + WEB), cache_dir=tmp_path / "c")

    def test_it_does_not_grow_for_ever(self, tmp_path: Path) -> None:
        for number in range(40):
            load(
                write(tmp_path / "f", a=HEAD + f"defaults: {{metadata: {{n: '{number}'}}}}\n"), cache_dir=tmp_path / "c"
            )
        assert len(list((tmp_path / "c" / "fleet").iterdir())) <= 32


class TestOutside:
    def test_files_may_lie_outside_when_allowed(self, tmp_path: Path) -> None:
        write(tmp_path / "other")
        folder = write(tmp_path / "f", a=HEAD + IMAGE.replace("disk.raw", "../other/disk.raw") + WEB)
        assert [problem.id for problem in load_fleet(folder)[1]] == [ids.OUTSIDE]
        assert load(folder, allow_outside=True).instances["web"].image.source == str(tmp_path / "other" / "disk.raw")

    def test_links_are_followed_before_the_check(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "f", a=HEAD + IMAGE.replace("disk.raw", "link/passwd"))
        (folder / "link").symlink_to("/etc")
        assert [problem.id for problem in load_fleet(folder)[1]] == [ids.OUTSIDE]

    def test_a_link_inside_is_fine(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "f", a=HEAD + IMAGE.replace("disk.raw", "link.raw") + WEB)
        (folder / "link.raw").symlink_to("disk.raw")
        load(folder)

    def test_the_folder_itself_may_be_a_link(self, tmp_path: Path) -> None:
        write(tmp_path / "f", a=HEAD + IMAGE + WEB)
        (tmp_path / "link").symlink_to("f")
        assert load(tmp_path / "link").fingerprint == load(tmp_path / "f").fingerprint


class TestUnreadable:
    def test_a_path_that_is_not_there(self, tmp_path: Path) -> None:
        assert [problem.id for problem in load_fleet(tmp_path / "nothing")[1]] == [ids.UNREADABLE]

    def test_a_pipe_does_not_block(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "f", a=HEAD)
        os.mkfifo(folder / "b.yml")
        assert [problem.summary for problem in load_fleet(folder)[1]] == ["cannot be read: not a regular file"]

    def test_a_file_that_may_not_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = write(tmp_path / "f", a=HEAD, b="x: 1\n")
        real = os.open

        def refuse(path: object, *arguments: int, **more: int) -> int:
            if str(path).endswith("b.yml"):
                raise PermissionError(13, "Permission denied")
            return real(path, *arguments, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(os, "open", refuse)
        assert [problem.summary for problem in load_fleet(folder)[1]] == ["cannot be read: permission denied"]

    def test_a_loop_of_links(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "f", a=HEAD + IMAGE.replace("disk.raw", "loop"))
        (folder / "loop").symlink_to("loop")
        (folder / "b.yml").symlink_to("b.yml")
        assert {problem.id for problem in load_fleet(folder)[1]} == {ids.UNREADABLE}

    def test_a_path_that_is_far_too_long(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "f", a=HEAD + IMAGE.replace("disk.raw", "x" * 4000))
        assert {problem.id for problem in load_fleet(folder)[1]} == {ids.UNREADABLE}

    def test_hidden_files_are_not_read(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "f", a=HEAD)
        (folder / ".#a.yml").symlink_to("me@host.1234")
        assert load(folder).project == "shop"


def test_lines_of_other_systems_are_shown_as_lines(tmp_path: Path) -> None:
    folder = write(tmp_path / "f", a="")
    (folder / "a.yml").write_bytes(b"novalite: 1\r\nproject: shop\r\nflavour: 1\r\n")
    [problem] = load_fleet(folder)[1]
    assert problem.snippet == ((2, "project: shop"), (3, "flavour: 1"))


@given(st.integers(0, 2000), st.binary(max_size=3), st.integers(0, 5))
def test_damaged_bytes_are_read_or_refused(position: int, bytes_: bytes, gone: int) -> None:
    content = (EXAMPLES / "web-tier" / "fleet" / "web.yml").read_bytes() + HEAD.encode()
    position %= len(content)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "fleet.yml"
        path.write_bytes(content[:position] + bytes_ + content[position + gone :])
        fleet, problems = load_fleet(path)
    assert (fleet is None) == any(problem.severity == "error" for problem in problems)
    assert all(problem.where is not None and problem.where.line >= 1 for problem in problems)


def test_every_order_of_files_gives_the_same(tmp_path: Path) -> None:
    parts = [HEAD, IMAGE, WEB]
    seen = set()
    for number, order in enumerate(itertools.permutations(parts)):
        folder = write(tmp_path / str(number), **dict(zip("abc", order, strict=True)))
        seen.add(load(folder).fingerprint)
    assert len(seen) == 1
