# SPDX-License-Identifier: GPL-3.0-or-later
"""``{secret: ...}`` in a value of the fleet -> a token, and what it stands for. Pure: no secret is read here.

Wherever secrets may stand, a mapping with the one key ``secret`` and a mapping under it is a reference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from novalite.model.secret import Secret
from novalite.shared import seed_secrets
from novalite.spec import ids
from novalite.spec.cloud_config import Quoted
from novalite.spec.files import Refusal

if TYPE_CHECKING:
    from novalite.spec.context import Context
    from novalite.spec.sources import Path

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYS = {"env": {"env"}, "file": {"file"}, "vault": {"vault", "key"}, "command": {"command"}}
_FORMS = "{env: NAME}, {file: PATH}, {vault: PATH, key: NAME} or {command: [PROGRAM, WORD]}"


def is_secret(value: object) -> bool:
    """Tell whether a value is a reference to a secret, be it a well-formed one or not."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("secret"), dict)


def with_tokens(context: Context, value: Any, path: Path) -> Any:
    """Return a value with a token (a text that YAML writes between double quotes) for each secret in it.

    The context keeps what each token stands for; what is wrong with a reference is noted at its place.
    """
    if is_secret(value):
        return token(context, value, path)
    if isinstance(value, dict):
        return {key: with_tokens(context, child, (*path, key)) for key, child in value.items()}
    if isinstance(value, list):
        return [with_tokens(context, child, (*path, index)) for index, child in enumerate(value)]
    if isinstance(value, str) and seed_secrets.tokens_in(value.encode("utf-8", "surrogatepass")):
        help_text = "say {secret: ...} instead; novalite writes the token"
        context.add(ids.LOOKS_FILLED, "this text looks like the token of a secret", path, help=help_text)
    return value


def token(context: Context, value: dict[str, Any], path: Path) -> str:
    """Return the token of one ``{secret: ...}``, and keep what it stands for."""
    said, inner = value["secret"], (*path, "secret")
    complaint = _complaint(said)
    secret = Secret(said)
    if complaint is not None:
        context.add(ids.BAD_SOURCE, complaint, inner, help=f"a secret is {_FORMS}")
        return Quoted(secret.token)
    named = next((key for key in ("file", "vault") if key in said), None)
    if named is not None:
        place = context.files.place(context.declared.source(inner).name, said[named])
        if isinstance(place, Refusal):
            context.add(place.id, place.message, (*inner, named), help=place.help)
        else:
            secret = Secret(said, place)
    context.secrets[secret.token] = secret
    return Quoted(secret.token)


def _complaint(said: dict[str, Any]) -> str | None:
    """Return what is wrong with what stands under ``secret``, or None."""
    kinds = [kind for kind, keys in _KEYS.items() if said.keys() == keys]
    if not kinds:
        return f"not a reference to a secret: {', '.join(map(str, said)) or 'nothing'}"
    kind = kinds[0]
    if kind == "command":
        words = said["command"]
        is_good = isinstance(words, list) and bool(words) and all(_is_word(word) for word in words)
        return None if is_good else "command is not a list of words: a program, and what it is given"
    for key in sorted(_KEYS[kind]):
        if not _is_word(said[key]):
            return f"{key} is not a text"
    if kind == "env" and not _VARIABLE.fullmatch(said["env"]):
        return "env is not the name of a variable"
    return None


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value) and "\0" not in value and "\n" not in value
