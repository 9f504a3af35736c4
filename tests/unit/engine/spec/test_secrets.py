# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in every form of user data: filled in, whoever reads the form reads the values."""

from __future__ import annotations

import email
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from novalite.shared import seed_secrets
from unit.engine.spec.test_build import BASE, build, fleet_of

if TYPE_CHECKING:
    from collections.abc import Callable

AWKWARD = "two\nlines: \"'\\ \U0001f600 Grüße {{ x }} --=novalite"


def of_mime(number: int) -> Callable[[bytes], Any]:
    def read(content: bytes) -> Any:
        part = email.message_from_string(content.decode()).get_payload()[number]
        return yaml.safe_load(part.get_payload(decode=True))["bootcmd"]

    return read


FORMS: list[tuple[str, Callable[[bytes], Any], Any]] = [
    # user_data; how a guest reads it; what is read
    ("{secret: {env: A}}", bytes.decode, AWKWARD),
    ("{bootcmd: [{secret: {env: A}}]}", lambda content: yaml.safe_load(content)["bootcmd"], [AWKWARD]),
    ("{cloud_config: {bootcmd: [{secret: {env: A}}]}}", lambda content: yaml.safe_load(content)["bootcmd"], [AWKWARD]),
    (
        "{parts: ['#!/bin/sh', {bootcmd: [{secret: {env: A}}, Grüße]}]}",
        of_mime(1),
        [AWKWARD, "Grüße"],
    ),
    (
        "{ignition: {version: 3.4.0}, passwd: {users: [{name: core, passwordHash: {secret: {env: A}}}]}}",
        lambda content: json.loads(content)["passwd"]["users"][0]["passwordHash"],
        AWKWARD,
    ),
]


@pytest.mark.parametrize(("form", "read", "expected"), FORMS)
def test_the_guest_reads_the_value(form: str, read: Callable[[bytes], Any], expected: Any) -> None:
    fleet, problems = build(f"{BASE}instances: {{web: {{flavor: small, image: disk, user_data: {form}}}}}\n")
    assert [problem.summary for problem in problems if problem.severity == "error"] == []
    (token,) = fleet.secrets
    assert fleet.secrets[token].to_reference() == {"env": "A"}
    data = fleet.instances["web"].user_data
    assert data is not None
    filled = seed_secrets.fill(data.content, {token: AWKWARD}, seed_secrets.kind_of(data.content))
    assert read(filled) == expected


def test_a_file_is_named_as_written_and_found_where_it_is() -> None:
    fleet = fleet_of(
        "instances: {web: {flavor: small, image: disk, user_data: {bootcmd: [{secret: {file: s/a}},"
        " {secret: {vault: s/v, key: k}}, {secret: {command: [pass, db]}}]}}}\n"
    )
    assert sorted((one.label, json.dumps(one.to_reference())) for one in fleet.secrets.values()) == [
        ("command:pass db", '{"command": ["pass", "db"]}'),
        ("file:s/a", '{"file": "s/a", "path": "/fleet/s/a"}'),
        ("vault:s/v#k", '{"vault": "s/v", "key": "k", "path": "/fleet/s/v"}'),
    ]
