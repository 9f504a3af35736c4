# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in plans: references and keyed fingerprints, for those who need them; and what a change of a value says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from builders import make_facts, make_fleet, make_instance, make_present, make_snapshot, make_user_data
from novalite.apply.slices import slice_for
from novalite.cli.secret_values import check_secrets, watched
from novalite.errors import PlanStale, SecretChanged, SecretUnreadable
from novalite.model.secret import Secret, still_known
from novalite.plan.build import reconcile
from novalite.plan.file import plan_from_json, plan_to_dict, plan_to_json
from novalite.render.markdown import plan_markdown
from novalite.render.text import plan_text

if TYPE_CHECKING:
    from novalite.model.fleet import Fleet

ENV, FILE = Secret({"env": "DB_PASS"}), Secret({"file": "db"}, "/fleet/db")
COMMAND = Secret({"command": ["pass", "show", "db"]})
USED = make_user_data(f'#cloud-config\na: "{ENV.token}"\n'.encode())
VALUE = "the value of a secret"


def fleet(*instances: Any) -> Fleet:
    secrets = {secret.token: secret for secret in (ENV, FILE, COMMAND)}
    return attrs.evolve(make_fleet(*instances), secrets=secrets)


WEB, PLAIN = make_instance("web", user_data=USED, host="kvm-1"), make_instance("plain", host="kvm-2")
HOSTS = make_snapshot(make_facts("kvm-1"), make_facts("kvm-2"))


@pytest.fixture
def value(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("DB_PASS", VALUE)
    return monkeypatch


def test_a_token_does_not_depend_on_where_the_fleet_lies() -> None:
    assert FILE.token == Secret({"file": "db"}, "/elsewhere/db").token
    assert len({ENV.token, FILE.token, COMMAND.token}) == 3


def test_a_plan_holds_the_references_that_it_needs() -> None:
    plan = reconcile(fleet(WEB, PLAIN), HOSTS)
    assert plan.secrets == {ENV.token: {"env": "DB_PASS"}}
    assert plan_from_json(plan_to_json(plan)).secrets == plan.secrets
    document = plan_to_dict(plan)
    of_web, of_plain = (slice_for(document, host, 0) for host in ("kvm-1", "kvm-2"))
    assert of_web is not None
    assert of_plain is not None
    assert of_web["secrets"] == plan.secrets
    assert "secrets" not in of_plain
    assert "secret env:DB_PASS\n" in plan_text(plan)
    assert "there is no NOVALITE_SECRETS_KEY" in plan_text(plan)


def test_a_plan_without_secrets_has_no_such_key() -> None:
    assert "secrets" not in plan_to_dict(reconcile(fleet(PLAIN), HOSTS))


def test_with_a_key_values_are_fingerprinted_but_not_by_commands(value: pytest.MonkeyPatch) -> None:
    value.setenv("NOVALITE_SECRETS_KEY", "key")
    value.setenv("NOVALITE_SECRET_COMMANDS", "1")
    seen, problems = watched(fleet(WEB))
    assert [(problem.id, problem.severity) for problem in problems] == [("NV0184", "warning")] * 2
    assert {problem.summary.partition(": ")[0] for problem in problems} == {
        "secret command:pass show db",
        "secret file:db",
    }
    plan = reconcile(seen, HOSTS)
    found = plan.secrets[ENV.token]["fingerprint"]
    assert f"secret env:DB_PASS (fingerprint {found})" in plan_text(plan)
    assert f"secret env:DB_PASS (fingerprint {found})" in plan_markdown(plan).replace("\\", "")
    (create,) = [step for wave in plan.waves for step in wave if step.action == "create"]
    assert create.body["spec"]["secrets"] == {"env:DB_PASS": found}
    assert VALUE not in json.dumps(plan_to_dict(plan))
    check_secrets(plan)
    value.setenv("DB_PASS", "another one")
    with pytest.raises(SecretChanged, match="env:DB_PASS") as raised:
        check_secrets(plan)
    assert isinstance(raised.value, PlanStale)
    value.setenv("NOVALITE_SECRETS_KEY", "another key")  # which cannot tell
    check_secrets(plan)


def test_a_missing_value_is_told_before_anything_is_done(value: pytest.MonkeyPatch) -> None:
    plan = reconcile(fleet(WEB), HOSTS)
    check_secrets(plan)
    value.delenv("DB_PASS")
    with pytest.raises(SecretUnreadable, match="secret env:DB_PASS: the environment has no such variable"):
        check_secrets(plan)


OLD, NEW, OTHER_KEY = "1111-aaaaaaaaaaaa", "1111-bbbbbbbbbbbb", "2222-aaaaaaaaaaaa"
KNOWN: list[tuple[dict[str, str] | None, dict[str, str], bool, dict[str, str] | None]] = [
    # in the mark, of today, is it rebuilt -> what the mark should say
    (None, {"a": NEW}, False, None),  # nobody knows what the guest has read
    (None, {"a": NEW}, True, {"a": NEW}),
    (None, {}, True, None),
    ({"a": OLD}, {}, False, {"a": OLD}),  # no key today
    ({"a": OLD}, {"a": OTHER_KEY}, False, {"a": OLD}),
    ({"a": OLD}, {"a": NEW}, False, {"a": NEW}),
    ({"a": OLD}, {"a": OLD}, False, {"a": OLD}),
    ({"a": OLD}, {"b": NEW}, True, {"b": NEW}),
    ({"a": OLD}, {}, True, None),
]


@pytest.mark.parametrize(("before", "now", "is_rebuilt", "after"), KNOWN)
def test_what_the_mark_should_say(
    before: dict[str, str] | None, now: dict[str, str], is_rebuilt: bool, after: dict[str, str] | None
) -> None:
    assert still_known(before, now, is_rebuilt=is_rebuilt) == after


def test_a_changed_value_is_one_line_that_changes_only_the_mark() -> None:
    there = make_present(attrs.evolve(WEB, secrets={"env:DB_PASS": OLD}))
    plan = reconcile(fleet(WEB).watched({ENV.token: NEW}), make_snapshot(make_facts("kvm-1", there)))
    (line,) = plan.changes
    assert (line.action, line.disruption) == ("update", "none")
    assert line.summary == "the value of secret env:DB_PASS changed"
    assert "the guest has read the old value" in line.fields[0]["reason"]
    (step,) = [step for wave in plan.waves for step in wave]
    assert (step.action, step.body["spec"]["secrets"]) == ("mark", {"env:DB_PASS": NEW})
    for known in ({}, {ENV.token: OTHER_KEY}, {ENV.token: OLD}):
        quiet = reconcile(fleet(WEB).watched(known), make_snapshot(make_facts("kvm-1", there)))
        assert quiet.changes == ()
