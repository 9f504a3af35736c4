# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the value of a secret is: on the controller only, asked for in memory when a plan is applied.

A *reference* is what a plan holds: ``{"env": NAME}``, ``{"file": WRITTEN, "path": PATH}``, ``{"vault": WRITTEN, "key":
KEY, "path": PATH}`` or ``{"command": [WORD, ...]}``; ``path`` is where the file is, and is no part of its identity.
No message here ever holds a value, nor what a program said.
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat

COMMANDS_VARIABLE = "NOVALITE_SECRET_COMMANDS"  # 1: references to commands may be run
KEY_VARIABLE = "NOVALITE_SECRETS_KEY"
KEY_FILE_VARIABLE = "NOVALITE_SECRETS_KEY_FILE"
MAX_BYTES = 65536
COMMAND_TIMEOUT_S = 60
_NO_TEXT = "not UTF-8; secrets are texts (base64 is one)"
VAULT_UNREADABLE = "the file cannot be read, decrypted or parsed: is ANSIBLE_VAULT_PASSWORD_FILE set?"


class SecretUnreadable(Exception):
    """The value of a secret cannot be had: the text says which secret and why, and never any of the value."""


def label(reference):
    # type: (dict) -> str
    """Return how people call a reference: ``env:DB_PASS``."""
    for kind in ("env", "file", "vault"):
        if kind in reference:
            return "%s:%s" % (kind, reference[kind]) + ("#%s" % reference["key"] if kind == "vault" else "")
    return "command:%s" % " ".join(reference["command"])


def resolve(reference, read_vault, environ=None):
    # type: (dict, object, dict | None) -> str
    """Return the value of a reference; ``read_vault(path)`` returns the mapping in a vault file.

    ``environ``: instead of that of this process. Raises: SecretUnreadable.
    """
    environ = os.environ if environ is None else environ
    try:
        if "env" in reference:
            value = _from_environment(reference["env"], environ)
        elif "file" in reference:
            value = _from_file(reference["path"])
        elif "vault" in reference:
            value = _from_vault(read_vault(reference["path"]), reference["key"])
        else:
            value = _from_command(reference["command"], environ)
        if not value:
            raise SecretUnreadable("it is empty")
    except SecretUnreadable as error:
        raise SecretUnreadable("secret %s: %s" % (label(reference), error)) from None
    return value


def resolve_all(references, read_vault, environ=None):
    # type: (dict, object, dict | None) -> tuple
    """Return (token -> value, the complaints about those that cannot be had); each reference is asked for once."""
    values, complaints = {}, []
    for token, reference in sorted(references.items()):
        try:
            values[token] = resolve(reference, read_vault, environ)
        except SecretUnreadable as error:
            complaints.append(str(error))
    return values, complaints


def _from_environment(name, environ):
    # type: (str, dict) -> str
    if name not in environ:
        raise SecretUnreadable("the environment has no such variable")
    if any("\ud800" <= char <= "\udfff" for char in environ[name]):  # as Python reads bytes that are not UTF-8
        raise SecretUnreadable(_NO_TEXT)
    return environ[name]


def _from_file(path):
    # type: (str) -> str
    """Return what a regular file holds, without the end of its last line."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SecretUnreadable("not a regular file")
            return _text(stream.read(MAX_BYTES + 1))
    except OSError as error:
        raise SecretUnreadable("cannot be read: %s" % (error.strerror or "").lower()) from None


def _from_vault(document, key):
    # type: (object, str) -> str
    if not isinstance(document, dict):
        raise SecretUnreadable("the file holds no mapping")
    if key not in document:
        raise SecretUnreadable("the file has no such key")
    if not isinstance(document[key], str):
        raise SecretUnreadable("not a text: write it between quotes")
    return str(document[key])


def _from_command(words, environ):
    # type: (list, dict) -> str
    """Run a command, without a shell, and return what it printed, without the end of the last line."""
    if environ.get(COMMANDS_VARIABLE) != "1":
        raise SecretUnreadable("commands are run only where you allow it: set %s=1" % COMMANDS_VARIABLE)
    import subprocess  # start-up is measured, and few fleets have any secret

    try:
        ran = subprocess.run(  # said by the fleet, allowed by whoever applies
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SecretUnreadable("the command took longer than %s seconds" % COMMAND_TIMEOUT_S) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise SecretUnreadable("the command cannot be run: %s" % why.lower()) from None
    if ran.returncode != 0:
        raise SecretUnreadable("the command ended with status %d" % ran.returncode)
    return _text(ran.stdout)


def _text(content):
    # type: (bytes) -> str
    if len(content) > MAX_BYTES:
        raise SecretUnreadable("longer than %d bytes" % MAX_BYTES)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise SecretUnreadable(_NO_TEXT) from None
    return text[:-2] if text.endswith("\r\n") else text[:-1] if text.endswith("\n") else text


def key_from_environment(environ=None):
    # type: (dict | None) -> bytes | None
    """Return the key of fingerprints (bytes), or None where none is given. Raises: SecretUnreadable."""
    environ = os.environ if environ is None else environ
    if environ.get(KEY_VARIABLE):
        return environ[KEY_VARIABLE].encode("utf-8", "surrogateescape")
    path = environ.get(KEY_FILE_VARIABLE)
    try:
        return _from_file(path).encode("utf-8") or None if path else None
    except SecretUnreadable as error:
        raise SecretUnreadable("%s: %s" % (KEY_FILE_VARIABLE, error)) from None


def fingerprint(key, token, value):
    # type: (bytes, str, str) -> str
    """Return what shows that a value changed, and tells nothing of it without the key: ``<of the key>-<of the value>``.

    Two that were made with different keys begin differently, and say nothing about each other.
    """
    return "%s-%s" % (_mac(key, b"key")[:4], _mac(key, token.encode("ascii") + b"\0" + value.encode("utf-8"))[:12])


def _mac(key, content):
    # type: (bytes, bytes) -> str
    import hmac

    digest = hmac.new(key, b"novalite secret " + content, hashlib.sha256).digest()
    return base64.b16encode(digest).decode("ascii").lower()
