# SPDX-License-Identifier: GPL-3.0-or-later
"""What several keys of a cloud-config do to each other. Pure.

Source: cloud.cfg of Debian 12: write_files runs before users_groups, and in the stage "final" what says defer: true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.spec import ids
from novalite.spec.seed.finding import WARNING, Finding
from novalite.spec.suggest import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def names_of_users(value: Mapping[str, Any]) -> set[str]:
    """Return the names of the users that a cloud-config makes."""
    users = value.get("users")
    named = [item.get("name") if isinstance(item, dict) else item for item in users] if isinstance(users, list) else []
    return {name for name in named if isinstance(name, str) and name != "default"}


def makes_default_user(value: Mapping[str, Any]) -> bool:
    """Tell whether the image's own user is made, who gets the key of the instance."""
    users = value.get("users")
    if isinstance(users, dict):
        return bool(users.get("default"))
    if not isinstance(users, list):
        return True
    return any(item == "default" or (isinstance(item, dict) and item.get("default")) for item in users)


def files_before_users(value: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield files of users that are not there yet when files are written."""
    names = names_of_users(value)
    written = value.get("write_files")
    for number, entry in enumerate(written if isinstance(written, list) else ()):
        if not isinstance(entry, dict) or entry.get("defer"):
            continue
        path, owner = str(entry.get("path", "")), str(entry.get("owner", "")).split(":")[0]
        if owner in names:
            summary = f"files are written before users are made: {shown(owner)} is not there yet, and cloud-init fails"
            place: tuple[str | int, ...] = ("write_files", number, "owner")
            yield Finding(ids.CLOUD_CONFIG_TRAP, summary, place, help="say defer: true of this file")
        elif any(path.startswith(f"/home/{name}/") for name in names):
            summary = f"{shown(path)} is written before its user is made, whose home then belongs to root"
            place = ("write_files", number, "path")
            help_text = "say defer: true and owner of this file"
            yield Finding(ids.CLOUD_CONFIG_TRAP, summary, place, help=help_text, severity=WARNING)


def private_keys(value: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield private keys in what is written to files or run."""
    todo: list[tuple[tuple[str | int, ...], Any]] = [((key,), held) for key, held in value.items() if key != "ssh_keys"]
    while todo:
        path, held = todo.pop()
        if isinstance(held, str) and "PRIVATE KEY-----" in held:
            help_text = "say {secret: {file: PATH}} in its place"
            yield Finding(ids.PLAIN_SECRET, "a private key in plain text", path, help=help_text, severity=WARNING)
        elif isinstance(held, dict):
            todo += [((*path, key), child) for key, child in held.items()]
        elif isinstance(held, list):
            todo += [((*path, number), child) for number, child in enumerate(held)]


def locked_out(value: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a list of users that is no list of anybody."""
    if value.get("users") == []:
        summary = "users: [] makes nobody, the image's own user neither: no key of the instance gets in"
        yield Finding(ids.CLOUD_CONFIG_TRAP, summary, ("users",), help="say users: [default]", severity=WARNING)


def password_that_expires(value: Mapping[str, Any]) -> Iterator[Finding]:
    """Source: cc_set_passwords.py: expire is true unless it is said."""
    held = value.get("chpasswd")
    said = "password" in value or (isinstance(held, dict) and ("list" in held or "users" in held))
    if said and not (isinstance(held, dict) and "expire" in held):
        summary = "the password must be changed at the first login: expire is true unless it is said"
        path: tuple[str | int, ...] = ("chpasswd",) if "chpasswd" in value else ("password",)
        yield Finding(
            ids.CLOUD_CONFIG_TRAP, summary, path, of_key=True, help="say chpasswd: {expire: false}", severity=WARNING
        )


def hostname_left_alone(value: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield preserve_hostname: the name of the instance does not reach the guest."""
    if value.get("preserve_hostname") is True:
        summary = "with preserve_hostname the guest does not take the name of its instance"
        yield Finding(ids.SEED_AGAINST_INSTANCE, summary, ("preserve_hostname",), severity=WARNING)


ACROSS = (files_before_users, private_keys, locked_out, password_that_expires, hostname_left_alone)
