# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/seed.py: contents beside a spec, each what its digest says."""

from __future__ import annotations

import base64
import hashlib

import pytest

from ansible_collections.novalite.compute.plugins.module_utils.host_error import HostError
from ansible_collections.novalite.compute.plugins.module_utils.seed import contents_of, seed_from


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def carried(*contents: bytes) -> dict[str, str]:
    return {digest(data): base64.b64encode(data).decode("ascii") for data in contents}


def test_each_content_goes_where_the_spec_says(make_spec):
    said = {
        "user_data_sha256": digest(b"#!"),
        "vendor_data_sha256": digest(b'{"a":1}'),
        "files": [{"path": "/etc/motd", "sha256": digest(b"hi")}, {"path": "/etc/again", "sha256": digest(b"hi")}],
        "admin_pass_sha256": digest(b"p\xc3\xa4ss"),
    }
    seed = seed_from(make_spec(**said), carried(b"#!", b'{"a":1}', b"hi", b"p\xc3\xa4ss"))
    assert (seed.user_data, seed.vendor_data, seed.admin_pass) == (b"#!", {"a": 1}, "p\xe4ss")
    assert seed.files == [("/etc/motd", b"hi"), ("/etc/again", b"hi")]


def test_without_contents_there_is_nothing(make_spec):
    seed = seed_from(make_spec(), None)
    assert (seed.user_data, seed.vendor_data, seed.files, seed.admin_pass) == (None, None, [], None)


@pytest.mark.parametrize(
    ("said", "contents", "wrong"),
    [
        ({"user_data_sha256": "0" * 64}, {}, "0000 is missing"),
        ({}, carried(b"x"), "is not named"),
        ({"user_data_sha256": "0" * 64}, {"0" * 64: "eA=="}, "should have SHA-256 0000"),
        ({"user_data_sha256": "0" * 64}, {"0" * 64: "no base64"}, "is not base64"),
        ({"user_data_sha256": "0" * 64}, {"0" * 64: None}, "is not base64"),
        ({"vendor_data_sha256": digest(b"{")}, carried(b"{"), "not JSON"),
    ],
)
def test_what_does_not_fit_is_refused(make_spec, said, contents, wrong):
    with pytest.raises(HostError, match=wrong) as caught:
        seed_from(make_spec(**said), contents)
    assert caught.value.id == "bad_request"


def test_options_of_a_module_become_contents():
    assert contents_of("IyE=", {"0" * 64: "eA=="}) == {**carried(b"#!"), "0" * 64: "eA=="}
    assert contents_of(None, None) == {}
