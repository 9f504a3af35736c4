# SPDX-License-Identifier: GPL-3.0-or-later
"""Our answers over HTTP held against Nova's own handler: the same instance, the same tree, the same requests."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from nova.ask import ask_once
from nova.seed_case import to_json

from ansible_collections.novalite.compute.plugins.module_utils.metadata_service.documents import Documents
from ansible_collections.novalite.compute.plugins.module_utils.metadata_service.request import parse
from ansible_collections.novalite.compute.plugins.module_utils.metadata_service.service import respond
from ansible_collections.novalite.compute.plugins.module_utils.metadata_service.tokens import OFF, Tokens
from guest_init.seed_cases import CASES

if TYPE_CHECKING:
    from pathlib import Path

CASE = next(case for case in CASES if case.spec["keypair"] and case.seed.user_data and case.spec["ports"])
VERSIONS = ("2012-08-10", "2013-04-04", "2013-10-17", "2015-10-15", "2016-10-06", "2025-04-04", "latest")
FILES = ("", "/", "/meta_data.json", "/user_data", "/vendor_data.json", "/vendor_data2.json", "/network_data.json")
FILES = (*FILES, "/password", "/content", "/content/0000", "/nothing", "/meta_data.json/x", "/password/x")
EC2 = (
    "1.0",
    "2007-01-19",
    "2007-08-29",
    "2007-12-15",
    "2008-02-01",
    "2008-09-01",
    "2009-04-04",
    "latest",
    "2030-01-01",
)
KEYS = (
    "",
    "/",
    "/meta-data",
    "/meta-data/",
    "/user-data",
    "/meta-data/ami-id",
    "/meta-data/ami-launch-index",
    "/nothing",
)
KEYS = (*KEYS, "/meta-data/hostname", "/meta-data/public-keys", "/meta-data/public-keys/", "/meta-data/public-keys/0")
KEYS = (*KEYS, "/meta-data/public-keys/0/openssh-key", "/meta-data/public-keys/0=ops", "/meta-data/instance-type")
KEYS = (*KEYS, "/meta-data/placement/", "/meta-data/block-device-mapping/", "/meta-data/block-device-mapping/root")
KEYS = (
    *KEYS,
    "/meta-data/security-groups",
    "/meta-data/security-groups/0",
    "/meta-data/local-ipv4",
    "/meta-data/nothing",
)
PATHS = [
    "/",
    "//",
    "/.",
    "/openstack",
    "/openstack/",
    "/openstack/latest/../latest/user_data",
    "/openstack/../latest/meta-data/ami-id",
    "/../../etc/passwd",
    "/openstack/../../etc/passwd",
    "/openstack/2030-01-01",
    "/openstack/content",
    "/openstack/content/0000",
    "/openstack/content/0001",
    "/openstack/content/0000/x",
    "/openstack/content/../content/0000",
    "/openstack/latest/meta%5Fdata.json",
    "/openstack/latest/user_data?x=/nothing",
    "/ec2",
    "/ec2/",
    "//latest/meta-data",
    "/latest/meta-data/hostname",
    "/favicon.ico",
    "/latest/api/token",
    "/metadata/instance",
    *[f"/openstack/{version}{name}" for version in VERSIONS for name in FILES],
    *[f"/ec2/{version}{key}" for version in EC2 for key in KEYS],
]
POST = "/openstack/latest/password"
REQUESTS: list[tuple[str, str, bytes]] = [
    *[("GET", path, b"") for path in PATHS],
    ("POST", POST, b"x" * 1020),
    ("POST", POST, b"x" * 1021),
    ("POST", POST, b""),
    ("POST", "/openstack/2012-08-10/password", b"x"),
    ("PUT", POST, b"x"),
    ("DELETE", POST, b""),
    ("HEAD", POST, b""),
    ("HEAD", "/openstack/latest/meta_data.json", b""),
    ("POST", "/openstack/latest/nothing", b"x"),
]

# Where Nova ends in an error 500, we say that there is nothing.
ODD = ("/meta-data/security-groups/default", "/meta-data/ami-id/x", "/user-data/x")
ODD_PATHS = [f"/latest{path}" for path in ODD] + [f"/openstack/{version}/content" for version in VERSIONS]
PASSWORD = b"c2VjcmV0"
HTML = "text/html; charset=UTF-8"  # what Nova's framework says of a password, as nobody says what it is


@pytest.fixture(scope="session")
def nova(common_folder: Path) -> dict[str, Any]:
    asked = [(method, path, base64.b64encode(body).decode(), None) for method, path, body in REQUESTS]
    asked += [(*one[:3], PASSWORD.decode()) for one in asked if one[1].endswith("/password")]
    asked += [("GET", path, "", None) for path in ODD_PATHS]
    asked += [("POST", "/openstack/latest/meta_data.json", "", None)]
    said = ask_once(common_folder, "metadata_driver.py", {"instance": to_json(CASE), "requests": asked})
    tree = {path: base64.b64decode(data) for path, data in said["tree"].items()}
    answers = [(status, kind, base64.b64decode(data)) for status, kind, data in said["answers"]]
    return {"tree": tree, "answers": list(zip(asked, answers, strict=True))}


def ours(folder: Path, tree: dict[str, bytes], asked: tuple[str, str, str, str | None]) -> tuple[int, str, bytes]:
    method, path, body, password = asked
    uuid, documents = CASE.spec["uuid"], Documents(str(folder))
    place = folder / "instances" / uuid
    place.mkdir(parents=True, exist_ok=True)
    (place / "metadata.password").unlink(missing_ok=True)
    if password:
        assert documents.keep_password(uuid, password.encode())
    data = base64.b64decode(body)
    request = parse(f"{method} {path} HTTP/1.1\r\nContent-Length: {len(data)}\r\n\r\n".encode())
    answer = respond(documents, Tokens(OFF), uuid, tree, request, data)
    return answer.status, answer.kind, b"" if method == "HEAD" else answer.body


def same(theirs: tuple[int, str, bytes], mine: tuple[int, str, bytes]) -> bool:
    """Tell whether two answers are the same but for what we do better on purpose."""
    if theirs[0] >= 400:  # what an error says of itself is the framework's
        return theirs[0] == mine[0]
    kind = mine[1] if theirs[1] == HTML else theirs[1]
    return (theirs[0], kind, b"" if theirs[2] == b"None" else theirs[2]) == mine


def test_every_answer_is_novas(nova, tmp_path):
    answers = nova["answers"][: -len(ODD_PATHS) - 1]
    pairs = [
        (asked, theirs, ours(tmp_path, nova["tree"], asked)) for asked, theirs in answers if asked[1] not in ODD_PATHS
    ]
    assert {theirs[0] for _, theirs, _ in pairs} == {200, 400, 404, 409}
    wrong = [pair for pair in pairs if not same(*pair[1:])]
    assert not wrong, "\n".join(map(str, wrong))


def test_nova_fails_on_odd_paths_and_we_do_not(nova, tmp_path):
    answers = nova["answers"][-len(ODD_PATHS) - 1 : -1]
    assert [theirs[0] for _, theirs in answers] == [500] * len(ODD_PATHS)
    assert {ours(tmp_path, nova["tree"], asked)[0] for asked, _ in answers} == {404}


def test_what_cannot_be_posted_is_refused_where_nova_answers_as_to_a_get(nova, tmp_path):
    asked, theirs = nova["answers"][-1]
    assert (theirs[0], ours(tmp_path, nova["tree"], asked)[0]) == (200, 405)
