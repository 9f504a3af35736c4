# SPDX-License-Identifier: GPL-3.0-or-later
"""What cloud-init wants of users, passwords and keys. Pure.

Source: cloudinit/distros/ug_util.py, cloudinit/distros/__init__.py (create_user), cloudinit/config/cc_set_passwords.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from novalite.spec import ids
from novalite.spec.cloud_config import Quoted
from novalite.spec.nouns.keypair import why_no_public_key
from novalite.spec.seed.finding import WARNING, Finding, risky, wrong
from novalite.spec.suggest import shown, surely_means

if TYPE_CHECKING:
    from collections.abc import Iterator

    from novalite.spec.sources import Path

_KEYS = frozenset(
    ("name", "gecos", "homedir", "primary_group", "groups", "selinux_user", "lock_passwd", "inactive", "expiredate")
) | {"passwd", "hashed_passwd", "plain_text_passwd", "no_create_home", "no_user_group", "no_log_init", "create_groups"}
_KEYS |= {"ssh_import_id", "ssh_authorized_keys", "ssh_redirect_user", "shell", "sudo", "doas", "system", "snapuser"}
_KEYS |= {"uid", "default"}
_HASH = re.compile(r"^[!*]*(?:$|\$[0-9a-z]+\$|_|[./0-9A-Za-z]{13}$)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?")
_KEY_TYPE = re.compile(r"(?:^|\s)(?=(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+\s)")


def users(held: Any, path: Path) -> Iterator[Finding]:
    """Source: cloudinit/distros/ug_util.py, cloudinit/distros/__init__.py (create_user)."""
    if isinstance(held, dict):
        return
    for number, item in enumerate(held if isinstance(held, list) else ()):
        here = (*path, number)
        if isinstance(item, str):
            continue
        if not isinstance(item, dict):
            yield wrong(here, "a user is a name or a mapping")
            continue
        name = item.get("name")
        if name is None and "snapuser" not in item and "default" not in item:
            yield wrong(here, "a user needs a name")
        elif name is not None and not (isinstance(name, str) and _NAME.fullmatch(name)):
            yield wrong((*here, "name"), f'"{shown(name)}" cannot be the name of a user')
        yield from user(item, here)


def user(held: Any, path: Path) -> Iterator[Finding]:
    """Yield what is wrong with one user."""
    if not isinstance(held, dict):
        return
    for key in held:
        known = str(key).replace("-", "_") in _KEYS
        if not known and (near := surely_means(str(key), _KEYS)):
            yield Finding(ids.UNKNOWN_CLOUD_KEY, f'users have no key "{shown(key)}"{near}', (*path, key), of_key=True)
        elif not known:
            summary = f'users have no key "{shown(key)}": it does nothing'
            yield Finding(ids.UNKNOWN_CLOUD_KEY, summary, (*path, key), of_key=True, severity=WARNING)
    if held.get("sudo") is True:
        yield wrong((*path, "sudo"), "sudo is a rule, not true", 'write sudo: "ALL=(ALL) NOPASSWD:ALL"')
    for key in ("passwd", "hashed_passwd"):
        said = held.get(key)
        if said is not None and not isinstance(said, Quoted) and not (isinstance(said, str) and _HASH.match(said)):
            summary = f"{key} is the hash of a password, and this is none: nobody could log in with it"
            yield wrong((*path, key), summary, "make one with: openssl passwd -6")
    plain = held.get("plain_text_passwd")
    if plain is not None and not isinstance(plain, Quoted):
        yield risky((*path, "plain_text_passwd"), "a password in plain text", "write hashed_passwd", ids.PLAIN_SECRET)
    for key in ("ssh_authorized_keys", "ssh-authorized-keys"):
        if key in held:
            keys = held[key] if isinstance(held[key], list) else [held[key]]
            yield from public_keys(keys, (*path, key))


def public_keys(held: Any, path: Path) -> Iterator[Finding]:
    """Yield every line that sshd would not take for a key; options may stand before it."""
    for number, line in enumerate(held):
        here = (*path, number)
        if not isinstance(line, str):
            yield wrong(here, "a public key is a text")
        elif not isinstance(line, Quoted):
            start = _KEY_TYPE.search(line)
            why = why_no_public_key(line[start.end() :].strip() if start else line.strip())
            if why:
                yield wrong(here, why)


def chpasswd(held: Any, path: Path) -> Iterator[Finding]:
    """Source: cloudinit/config/cc_set_passwords.py."""
    lines = held.get("list")
    each = lines if isinstance(lines, list) else str(lines or "").splitlines()
    for line in each:
        _, colon, said = str(line).partition(":")
        if not colon:
            yield wrong((*path, "list"), "a line is user:password, with a colon")
        elif said.strip() not in ("R", "RANDOM") and not said.strip().startswith("$") and not isinstance(lines, Quoted):
            yield risky((*path, "list"), "a password in plain text", "write its hash", ids.PLAIN_SECRET)
            break
    entries = held.get("users", [])
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        here = (*path, "users", number)
        if not isinstance(entry, dict) or "name" not in entry:
            yield wrong(here, "an entry needs a name, and a password unless its type is RANDOM")
            continue
        password_said, kind = entry.get("password"), entry.get("type", "hash")
        if kind != "RANDOM" and password_said is None:
            yield wrong(here, "a password is missing")
        elif kind == "text" and not isinstance(password_said, Quoted):
            yield risky((*here, "password"), "a password in plain text", "write its hash", ids.PLAIN_SECRET)
        elif kind == "hash" and not isinstance(password_said, Quoted) and not _HASH.match(str(password_said)):
            yield wrong((*here, "password"), "this is no hash of a password", "write type: text, or better a hash")


def password(held: Any, path: Path) -> Iterator[Finding]:
    """Yield a warning for what everybody can read."""
    if not isinstance(held, Quoted) and not held.startswith("$"):
        yield risky(path, "a password in plain text", "write users: with hashed_passwd", ids.PLAIN_SECRET)
