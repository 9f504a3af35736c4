# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of secrets on the controller: asked for before a host is touched, held in memory until it has them. I/O."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from novalite.errors import SecretChanged, SecretUnreadable
from novalite.problem import Problem
from novalite.shared import secret_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from novalite.model.fleet import Fleet
    from novalite.model.plan import Plan

NOT_WATCHED = "NV0184"
PASSWORD_VARIABLE = "ANSIBLE_VAULT_PASSWORD_FILE"  # noqa: S105 (the name of Ansible's variable)


def watched(fleet: Fleet, read_vault: Callable[[str], Any] | None = None) -> tuple[Fleet, tuple[Problem, ...]]:
    """Return a fleet with the fingerprints of its secrets' values, where there is a key; and which are not watched.

    Commands are not run: a plan may be that of somebody else's fleet. Raises: SecretUnreadable for a key that is lost.
    """
    if not fleet.secrets:
        return fleet, ()
    try:
        key = secret_sources.key_from_environment()
    except secret_sources.SecretUnreadable as error:
        raise SecretUnreadable(str(error), proceed=f"unset {secret_sources.KEY_FILE_VARIABLE}") from error
    if key is None:
        return fleet, ()
    asked = {token: one.to_reference() for token, one in fleet.secrets.items() if "command" not in one.said}
    values, complaints = secret_sources.resolve_all(asked, read_vault or _read_vault)
    complaints += [f"secret {one.label}: a plan runs no command" for t, one in fleet.secrets.items() if t not in asked]
    problems = tuple(Problem(NOT_WATCHED, text, None, severity="warning") for text in sorted(complaints))
    made = {token: secret_sources.fingerprint(key, token, value) for token, value in values.items()}
    return fleet.watched(made), problems


def with_problems(plan: Plan, problems: tuple[Problem, ...]) -> Plan:
    """Return a plan that tells some problems more."""
    return attrs.evolve(plan, problems=(*plan.problems, *problems)) if problems else plan


def check_secrets(plan: Plan, read_vault: Callable[[str], Any] | None = None) -> Mapping[str, str]:
    """Return every value that a plan needs, by token, each still that of its fingerprint.

    Raises: SecretUnreadable with all that cannot be had; SecretChanged.
    """
    if not plan.secrets:
        return {}
    values: dict[str, str]
    values, complaints = secret_sources.resolve_all(dict(plan.secrets), read_vault or _read_vault)
    if complaints:
        first = f"{complaints[0]}; nothing was changed" if len(complaints) == 1 else "nothing was changed"
        message = first if len(complaints) == 1 else "\n  ".join([first, *complaints])
        raise SecretUnreadable(message, proceed="novalite explain NV0181")
    key = secret_sources.key_from_environment()
    if key is None:
        return values
    changed = [
        secret_sources.label(dict(reference))
        for token, reference in plan.secrets.items()
        if _changed(reference.get("fingerprint"), secret_sources.fingerprint(key, token, values[token]))
    ]
    if changed:
        raise SecretChanged(f"nothing was changed: since the plan was made, values changed of {', '.join(changed)}")
    return values


def _changed(before: str | None, now: str) -> bool:
    """Tell whether two fingerprints show different values; those of different keys say nothing."""
    return before is not None and before.partition("-")[0] == now.partition("-")[0] and before != now


def use_password_file(path: Path | None) -> None:
    """Let this process, and the Ansible that it starts, read vaults with the password in a file."""
    if path is not None:
        os.environ[PASSWORD_VARIABLE] = str(path.absolute())


def _read_vault(path: str) -> Any:
    """Return the mapping in a file of ansible-vault, decrypted in memory by Ansible's own library."""
    from ansible.errors import AnsibleError  # costs 0.2 s, and few plans need it
    from ansible.parsing.dataloader import DataLoader
    from ansible.parsing.vault import get_file_vault_secret

    loader = DataLoader()
    given = os.environ.get(PASSWORD_VARIABLE)
    try:
        if given:
            secret = get_file_vault_secret(filename=str(Path(given).absolute()), loader=loader)
            secret.load()
            loader.set_vault_secrets([("default", secret)])
        return loader.load(loader.get_text_file_contents(path), file_name=path, show_content=False)
    except AnsibleError:
        # Ansible's own words may show the lines around a mistake.
        raise secret_sources.SecretUnreadable(secret_sources.VAULT_UNREADABLE) from None
