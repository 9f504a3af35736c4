# SPDX-License-Identifier: GPL-3.0-or-later
"""User data in all its forms: what the guest gets, always the same bytes, and what cloud-init's own schema says."""

from __future__ import annotations

import email
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from novalite.spec.context import Context
from novalite.spec.files import Refusal
from novalite.spec.load import load_fleet
from novalite.spec.seed.check import check_parts
from novalite.spec.seed.cloud_config_check import check_cloud_config
from novalite.spec.seed.cloud_keys import KEYS
from novalite.spec.seed.finding import FileOrigin
from novalite.spec.seed.forms import Part
from novalite.spec.seed.guest_yaml import read_guest_yaml
from novalite.spec.seed.mime import MimePart, is_plain, mime_from_parts
from novalite.spec.seed.schema import VARIABLE
from novalite.spec.seed.squeeze import squeezed
from novalite.spec.sources import Declared, Source

if TYPE_CHECKING:
    from pathlib import Path

    from novalite.problem import Problem


class Nothing:
    """A disk without files."""

    def read(self, _beside: str, reference: str) -> Refusal:
        return Refusal("NV0010", reference)

    image = place = read


HEAD = """\
novalite: 1
project: shop
flavors:
  small: {vcpus: 1, ram: 512MiB, disk: 4GiB}
images:
  disk: {source: disk.raw}
instances:
  web: {flavor: small, image: disk, user_data: %s}
"""
APPEND = "list(append)+dict(recurse_array)+str()"


def loaded(folder: Path, user_data: Any, files: dict[str, bytes] | None = None) -> tuple[bytes | None, list[Problem]]:
    (folder / "disk.raw").write_bytes(b"\0" * 512)
    for name, content in (files or {}).items():
        (folder / name).write_bytes(content)
    (folder / "fleet.yml").write_text(HEAD % json.dumps(user_data), encoding="utf-8")
    fleet, problems = load_fleet(folder / "fleet.yml")
    data = fleet.instances["web"].user_data if fleet else None
    return (data.content if data else None), problems


def seen_by_the_guest(content: bytes) -> list[tuple[str, bytes, str | None]]:
    """Return type, content and merge header of each part, read as cloud-init does: from text."""
    message = email.message_from_string(content.decode("utf-8"))
    parts = [part for part in message.walk() if part.get_content_maintype() != "multipart"]
    return [(part.get_content_type(), part.get_payload(decode=True), part["X-Merge-Type"]) for part in parts]  # type: ignore[misc]


FORMS = [
    ("text", "#!/bin/sh\nid\n", b"#!/bin/sh\nid\n"),
    ("said to be a text", {"text": "#!/bin/sh\nid\n"}, b"#!/bin/sh\nid\n"),
    ("file", {"file": "f"}, b"#!/bin/sh\necho gr\xc3\xbc\xc3\x9fe\n"),
    ("base64", {"base64": "IyEvYmluL3NoCmlkCg=="}, b"#!/bin/sh\nid\n"),
    ("nothing for cloud-init", {"base64": "AP8=", "type": "other"}, b"\x00\xff"),
    ("mapping", {"runcmd": [["id"]], "packages": ["a"]}, b"#cloud-config\npackages:\n- a\nruncmd:\n- - id\n"),
    ("said to be cloud-config", {"cloud_config": {"packages": ["a"]}}, b"#cloud-config\npackages:\n- a\n"),
    ("template", "## template: jinja\n#!/bin/sh\n{{ x }}\n", b"## template: jinja\n#!/bin/sh\n{{ x }}\n"),
]


@pytest.mark.parametrize(("value", "wanted"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
def test_a_form_gives_its_bytes(value: Any, wanted: bytes, tmp_path: Path) -> None:
    content, problems = loaded(tmp_path, value, {"f": FORMS[2][2]})
    assert problems == []
    assert content == wanted


def test_parts_arrive_as_they_are_in_order_with_their_types(tmp_path: Path) -> None:
    parts = [
        {"file": "base"},
        {"packages": ["b"], "final_message": "Gr\u00fc\u00dfe"},
        {"cloud_config": {"packages": ["c"]}, "merge_how": APPEND},
        "#!/bin/sh\r\nid\r\n",
        {"text": "#!/bin/sh\nboot\n", "type": "shellscript-per-boot"},
    ]
    content, problems = loaded(tmp_path, {"parts": parts}, {"base": b"#cloud-config\nruncmd: [[id]]\n"})
    assert [problem.severity for problem in problems] == ["warning"]  # the line ends
    assert content is not None
    found = seen_by_the_guest(content)
    assert [(kind, merge) for kind, _, merge in found] == [
        ("text/cloud-config", None),
        ("text/cloud-config", None),
        ("text/cloud-config", APPEND),
        ("text/x-shellscript", None),
        ("text/x-shellscript-per-boot", None),
    ]
    assert found[0][1] == b"#cloud-config\nruncmd: [[id]]\n"
    assert yaml.safe_load(found[1][1]) == parts[1]
    assert found[3][1] == b"#!/bin/sh\r\nid\r\n"
    assert b"mime-version:" in content[:4096].lower()
    assert loaded(tmp_path, {"parts": parts})[0] == content


@given(st.lists(st.binary(max_size=300) | st.text(max_size=100).map(str.encode), min_size=1, max_size=4))
def test_any_part_arrives_byte_for_byte(contents: list[bytes]) -> None:
    message = mime_from_parts([MimePart(content, "text/x-shellscript") for content in contents])
    assert [content for _, content, _ in seen_by_the_guest(message)] == contents
    assert message == mime_from_parts([MimePart(content, "text/x-shellscript") for content in contents])


def test_a_secret_of_a_part_can_be_found_by_the_host(tmp_path: Path) -> None:
    hashed = {"name": "a", "hashed_passwd": {"secret": {"env": "X"}}}
    content, problems = loaded(tmp_path, {"parts": [{"users": ["default", hashed]}, {"final_message": "\u00fc"}]})
    assert problems == []
    assert content is not None
    assert b'hashed_passwd: "@novalite-secret-' in content
    assert is_plain(content)


@given(st.binary(max_size=400) | st.text("ab \n", max_size=3000).map(str.encode))
def test_what_is_compressed_comes_out_again(data: bytes) -> None:
    assert gzip.decompress(squeezed(data)) == data


def test_compressed_bytes_never_change(tmp_path: Path) -> None:
    text = "#cloud-config\n" + "".join(f"# line {number % 7}\n" for number in range(5000)) + "packages: [a]\n"
    content, problems = loaded(tmp_path, {"text": text, "gzip": True})
    assert problems == []
    assert content is not None
    assert gzip.decompress(content) == text.encode()
    assert squeezed(b"abcabcabcabcabc\n").hex() == "1f8b08000000000002ff4b4c4a46465c004dd3db7d10000000"


TEXTS = st.text(max_size=8) | st.binary(max_size=4)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
WORDS = ("name", "path", "content", "encoding", "permissions", "owner", "defer", "mode", "delay", "list", "users")
NAMES = st.sampled_from((*WORDS, "password", "type", "expire", "sudo", "passwd", "default"))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=4)
)


@given(st.dictionaries(st.sampled_from(sorted(KEYS)) | st.text(max_size=5), VALUES, max_size=4))
def test_no_cloud_config_stops_the_checks(value: dict[str, Any]) -> None:
    for finding in check_cloud_config(value):
        assert finding.summary
        assert finding.severity in ("error", "warning")


MAIL = b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n"
STARTS = st.sampled_from([
    b"#cloud-config\n", b"#!/bin/sh\n", b"#include\n", b"#cloud-boothook\n", b"#part-handler\n", MAIL, b"\x1f\x8b\x08",
    b"## template: jinja\n", b"#cloud-config-archive\n", b"#cloud-config-jsonp\n", b'{"ignition": ', b"",
])  # fmt: skip
ENDS = st.binary(max_size=60) | st.text("[]{}-:!&* \n\"'#|>%@`ab1~?,", max_size=60).map(str.encode)


@given(STARTS, ENDS)
def test_no_content_stops_the_checks(start: bytes, end: bytes) -> None:
    declared = Declared({}, (Source("fleet.yml", ""),), {})
    context = Context(declared, Nothing())
    check_parts(context, [Part(start + end, FileOrigin((), "f"))], several=False)
    assert all(problem.summary.isprintable() for problem in context.problems)


@pytest.mark.parametrize(
    "text", ["[" * 40_000, "{a: " * 12_000, "- " * 24_000, "a: &a [*a]", "a: !!python/object:x {}"]
)
def test_what_would_break_a_reader_is_refused(text: str) -> None:
    read = read_guest_yaml(f"#cloud-config\n{text}")
    assert read.value is None
    assert [finding.id for finding in read.findings] == ["NV0162"]


SCHEMA = {
    "type": "object",
    "properties": {
        "packages": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]"}},
        "ntp": {"type": "object", "properties": {"enabled": {"type": "boolean"}}, "additionalProperties": False},
    },
}
AGAINST = [
    ({"packages": ["1a"]}, ["warning this does not fit (pattern)"]),
    ({"ntp": {"enabled": "hunter2"}}, ["error boolean is wanted here"]),
    ({"ntp": {"enable": True}}, ["warning Additional properties are not allowed ('enable' was unexpected)"]),
    ({"packages": "a"}, []),  # told already
    ({"packages": ["a"]}, []),
]


@pytest.mark.parametrize(("value", "wanted"), AGAINST)
def test_the_schema_of_cloud_init_is_asked(
    value: Any, wanted: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(SCHEMA), encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(path))
    _, problems = loaded(tmp_path, value)
    told = [problem for problem in problems if problem.id == "NV0175"]
    assert [one.summary.replace("cloud-init's schema:", one.severity) for one in told] == wanted
    assert not any("hunter2" in problem.summary for problem in problems)


@pytest.mark.parametrize("content", [None, "[", '{"type": 5}'])
def test_a_schema_that_cannot_be_read_is_told(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        (tmp_path / "schema.json").write_text(content, encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "schema.json"))
    content_made, problems = loaded(tmp_path, {"packages": ["a"]})
    assert content_made is not None
    assert [(problem.id, problem.severity) for problem in problems] == [("NV0175", "warning")]
