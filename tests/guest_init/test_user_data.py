# SPDX-License-Identifier: GPL-3.0-or-later
"""User data in all forms, and the broken seeds, held against what the real cloud-init makes of them."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from guest_init import cloud_init
from novalite.spec.load import load_fleet
from novalite.spec.seed import kinds
from novalite.spec.seed.cloud_keys import KEYS, OLD, TRAPS
from novalite.spec.seed.mime import MimePart, mime_from_parts
from novalite.spec.seed.schema import VARIABLE
from novalite.spec.seed.squeeze import squeezed

TOP = Path(__file__).parents[2]
CONFIG = b"#cloud-config\npackages: [a]\nruncmd:\n  - [one]\n"
MORE = b"#cloud-config\npackages: [b]\nruncmd:\n  - [two]\n"
SCRIPT = b"#!/bin/sh\necho hello\n"
APPEND = "list(append)+dict(recurse_array)+str()"
HOSTILE = "#!/bin/sh\n# Gr\u00fc\u00dfe \U0001f600 --=b\r\n\tFrom me\n".encode()
LOST = None  # cloud-init fails at it, or has nobody for it

# what it is -> content, the types of its parts as cloud-init takes them
ROWS: list[tuple[str, bytes, list[str] | None]] = [
    ("cloud-config", CONFIG, [kinds.CLOUD_CONFIG]),
    ("script", SCRIPT, [kinds.SCRIPT]),
    ("blank lines first", b"\n\n#cloud-config\n{}\n", [kinds.CLOUD_CONFIG]),
    ("capitals", b"#CLOUD-CONFIG\n{}\n", [kinds.CLOUD_CONFIG]),
    ("hook", b"#cloud-boothook\n#!/bin/sh\n", [kinds.BOOTHOOK]),
    ("handler", b"#part-handler\n", [kinds.PART_HANDLER]),
    ("template", b"## template: jinja\n#cloud-config\n", [kinds.JINJA]),
    ("patch", b"#cloud-config-jsonp\n[]\n", [kinds.JSON_PATCH]),
    ("archive", b"#cloud-config-archive\n- '#!/bin/sh'\n- content: '#cloud-config'\n",
     [kinds.SCRIPT, kinds.CLOUD_CONFIG]),
    ("compressed", squeezed(CONFIG), [kinds.CLOUD_CONFIG]),
    ("parts", mime_from_parts([MimePart(CONFIG, kinds.CLOUD_CONFIG), MimePart(SCRIPT, kinds.SCRIPT)]),
     [kinds.CLOUD_CONFIG, kinds.SCRIPT]),
    ("parts, compressed", squeezed(mime_from_parts([MimePart(SCRIPT, kinds.SCRIPT)])), [kinds.SCRIPT]),
    ("byte order mark", b"\xef\xbb\xbf#cloud-config\n", LOST),
    ("a blank", b"# cloud-config\n", LOST),
    ("no first line", b"packages: [a]\n", LOST),
    ("not UTF-8", b"#!/bin/sh\n\xff\n", [kinds.SCRIPT]),
    ("empty", b"", LOST),
    ("message without a version", b"Content-Type: text/cloud-config\n\n#cloud-config\n", LOST),
    ("script that speaks of MIME", b"#!/bin/sh\necho MIME-Version: 1.0\n", [kinds.SCRIPT]),
]  # fmt: skip


@pytest.fixture(scope="module")
def releases() -> dict[str, Path]:
    return cloud_init.releases()


def asked(release: Path, contents: list[bytes]) -> list[dict[str, Any]]:
    said = {"contents": [base64.b64encode(content).decode() for content in contents]}
    return list(cloud_init.ask(release, said, "user_data_driver.py"))


def known(types: list[str]) -> list[str] | None:
    """Return the types of parts; None where somebody is missing who takes one."""
    return types if types and set(types) <= {*kinds.TYPES.values()} else LOST


def test_cloud_init_takes_contents_for_what_we_take_them(releases: dict[str, Path]) -> None:
    for version, release in releases.items():
        answers = asked(release, [content for _, content, _ in ROWS])
        for (name, content, wanted), answer in zip(ROWS, answers, strict=True):
            assert known([kind for kind, _ in answer["parts"]]) == wanted, f"{version}: {name}"
            kind = kinds.kind_of(content)
            if kind in kinds.TYPES.values() and kind != kinds.ARCHIVE:
                assert wanted == [kind], name


def test_parts_arrive_byte_for_byte_and_are_merged(releases: dict[str, Path]) -> None:
    parts = [MimePart(CONFIG, kinds.CLOUD_CONFIG), MimePart(MORE, kinds.CLOUD_CONFIG, APPEND)]
    parts += [MimePart(HOSTILE, kinds.SCRIPT), MimePart(SCRIPT, "text/x-shellscript-per-boot")]
    without = [parts[0], MimePart(MORE, kinds.CLOUD_CONFIG)]
    for version, release in releases.items():
        merged, replaced = asked(release, [mime_from_parts(parts), mime_from_parts(without)])
        assert [base64.b64decode(data) for _, data in merged["parts"]] == [part.content for part in parts], version
        assert merged["config"] == {"packages": ["a", "b"], "runcmd": [["one"], ["two"]]}, version
        assert replaced["config"] == {"packages": ["b"], "runcmd": [["two"]]}, version


def test_what_speaks_of_mime_is_spoiled_unless_it_is_ascii(releases: dict[str, Path]) -> None:
    contents = [b"#!/bin/sh\necho MIME-Version: 1.0\n", "#!/bin/sh\necho MIME-Version: \u00fc\u0107\n".encode()]
    for version, release in releases.items():
        arrived = [base64.b64decode(answer["parts"][0][1]) for answer in asked(release, contents)]
        assert [one == content for one, content in zip(arrived, contents, strict=True)] == [True, False], version


def schemas(releases: dict[str, Path]) -> dict[str, Path]:
    places = {version: release / "cloudinit/config/schemas" for version, release in releases.items()}
    return {
        version: path for version, place in places.items() for path in sorted(place.glob("schema-cloud-config-v*.json"))
    }


def test_every_key_of_cloud_inits_schemas_is_in_our_table(releases: dict[str, Path]) -> None:
    found = schemas(releases)
    assert found
    for version, path in found.items():
        defined = json.loads(path.read_bytes())["$defs"]
        modules = [body for name, body in defined.items() if name.startswith("cc_") or name in ("base_config",)]
        keys = {key for body in modules for key in body.get("properties", {})}
        assert len(keys) > 50
        assert keys <= {*KEYS, *OLD, *TRAPS}, f"{version}: {sorted(keys - {*KEYS, *OLD, *TRAPS})}"


@pytest.mark.parametrize("example", ["user-data", "web-tier", "first-boot"])
def test_examples_hold_against_cloud_inits_schemas(
    example: str, releases: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(TOP / "examples" / example, tmp_path / example)
    (tmp_path / example / "fleet" / "images").mkdir(exist_ok=True)
    (tmp_path / example / "fleet" / "images" / "bootsector.raw").write_bytes(b"\0" * 512)
    for path in schemas(releases).values():
        monkeypatch.setenv(VARIABLE, str(path))
        fleet, problems = load_fleet(tmp_path / example / "fleet")
        assert fleet is not None
        assert problems == []
